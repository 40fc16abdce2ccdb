package stack

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"
)

// A Notification is what an Alertmanager posted.
type Notification struct {
	At       time.Time       `json:"-"`
	Body     json.RawMessage `json:"-"`
	Version  string
	Receiver string
	Status   string
	GroupKey string
	Reason   string `json:"notification_reason"`
	Alerts   []struct {
		Status      string
		Labels      map[string]string
		Annotations map[string]string
		StartsAt    time.Time
		EndsAt      time.Time
		Fingerprint string
	}
}

// A Receiver takes an Alertmanager's webhook and keeps what it got.
type Receiver struct {
	URL string

	mu     sync.Mutex
	got    []Notification
	status int
}

// StartReceiver starts a receiver, which answers with 200.
func StartReceiver(t T) *Receiver {
	t.Helper()
	r := &Receiver{status: http.StatusOK}
	server := httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

// Answer sets the status to answer with from now on.
func (r *Receiver) Answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *Receiver) serve(w http.ResponseWriter, req *http.Request) {
	n := Notification{At: time.Now()}
	body, err := io.ReadAll(req.Body)
	if err == nil {
		n.Body = body
		err = json.Unmarshal(body, &n)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, n)
	w.WriteHeader(r.status)
}

// Notifications returns what came so far, also what was not answered with 200.
func (r *Receiver) Notifications() []Notification {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// Wait waits until n notifications have come, and returns all there are.
func (r *Receiver) Wait(t T, n int, timeout time.Duration) []Notification {
	t.Helper()
	var got []Notification
	Eventually(t, timeout, func() error {
		if got = r.Notifications(); len(got) < n {
			return fmt.Errorf("%d notifications came, want %d", len(got), n)
		}
		return nil
	})
	return got
}
