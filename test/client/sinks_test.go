package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"alertscale/test/stack"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/stretchr/testify/require"
)

// others are those who are told: a receiver of CloudEvents, which reads them by their own library, and a Grafana, of which it
// has nothing but how it takes annotations.
type others struct {
	*httptest.Server
	mu          sync.Mutex
	events      []cloudevents.Event
	annotations []annotation
	token       string
	fault       func(w http.ResponseWriter) bool // answers in their place
	faults      []string
}

// annotation is what Grafana takes on POST /api/annotations.
type annotation struct {
	Time int64    `json:"time"`
	Tags []string `json:"tags"`
	Text string   `json:"text"`
}

func startOthers(t *testing.T) *others {
	o := &others{token: "one"}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	return o
}

func (o *others) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fault != nil && o.fault(w) {
		return
	}
	if r.URL.Path == "/api/annotations" {
		o.annotate(w, r)
		return
	}
	e, err := cloudevents.NewEventFromHTTPRequest(r)
	if err == nil {
		err = e.Validate()
	}
	if err != nil {
		o.faults = append(o.faults, err.Error())
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	o.events = append(o.events, *e)
	w.WriteHeader(http.StatusAccepted)
}

func (o *others) annotate(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+o.token {
		http.Error(w, `{"message":"Invalid API key"}`, http.StatusUnauthorized)
		return
	}
	var a annotation
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil || r.Header.Get("Content-Type") != "application/json" || a.Text == "" {
		o.faults = append(o.faults, fmt.Sprint(err, r.Header))
		http.Error(w, `{"message":"bad request data"}`, http.StatusBadRequest)
		return
	}
	o.annotations = append(o.annotations, a)
	fmt.Fprintf(w, `{"message":"Annotation added","id":%d}`, len(o.annotations))
}

// set changes them.
func (o *others) set(change func(*others)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change(o)
}

// failTwice has them fail at the next two requests.
func (o *others) failTwice() {
	asked := 0
	o.set(func(o *others) {
		o.fault = func(w http.ResponseWriter) bool {
			if asked++; asked > 2 {
				return false
			}
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
	})
}

// told waits until they were told so much.
func (o *others) told(t *testing.T, events, annotations int) ([]cloudevents.Event, []annotation) {
	t.Helper()
	stack.Eventually(t, wait, func() error {
		o.mu.Lock()
		defer o.mu.Unlock()
		if len(o.events) != events || len(o.annotations) != annotations {
			return fmt.Errorf("they were told %d events and %d annotations, and found fault with %q", len(o.events), len(o.annotations), o.faults)
		}
		return nil
	})
	return o.events, o.annotations
}

// telling is a file whose steps are told.
func (o *others) telling(t *testing.T) (text, token string) {
	t.Helper()
	token = filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("one\n"), 0o600))
	return fmt.Sprintf("sinks:\n  - {type: webhook, url: '%s/events'}\n  - {name: dash, type: grafana, url: '%s', token_file: '%s', verdicts: [scaled]}\n%s",
		o.URL, o.URL, token, config), token
}

// TestSinks: a step is told as the API has it, to those who take it when they do, and a token is read again with the file.
func TestSinks(t *testing.T) {
	o := startOthers(t)
	text, token := o.telling(t)
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: text, Args: []string{"--web.external-url=http://ops.example/", "--log.level=debug"}})
	o.failTwice()
	before := time.Now()
	notify(t, a, 200, alert("alertname=WebBusy"))
	notify(t, a, 200, alert("alertname=CartIdle")) // which is a dry run
	events, notes := o.told(t, 1, 1)
	e, note := events[0], notes[0]
	require.Equal(t, "alertscale.decision.scaled", e.Type())
	require.Equal(t, "http://ops.example", e.Source())
	require.Equal(t, "kubernetes:Deployment/shop/web", e.Subject())
	_, answer := a.Get(t, "/api/v1/decisions?verdict=scaled")
	require.JSONEq(t, fmt.Sprintf(`{"status": "success", "data": [%s]}`, e.Data()), answer)
	require.Equal(t, e.Time().UnixMilli(), note.Time)
	require.WithinRange(t, e.Time(), before, time.Now())
	require.Equal(t, []string{"alertscale", "scaled", "target:web", "rule:web is busy", "ref:kubernetes:Deployment/shop/web"}, note.Tags)
	require.Contains(t, note.Text, "kubernetes:Deployment/shop/web: 3 → 5 by rule web is busy<br>")
	require.Equal(t, 2.0, a.Metric(t, `alertscale_sink_failed_total{sink="webhook-0"}`)+a.Metric(t, `alertscale_sink_failed_total{sink="dash"}`))
	a.WaitMetric(t, `alertscale_sink_sent_total{sink="webhook-0"}`, 1, wait)
	require.Zero(t, a.Metric(t, `alertscale_sink_dropped_total{sink="dash"}`))

	require.NoError(t, os.WriteFile(token, []byte("hunter2"), 0o600))
	o.set(func(o *others) { o.token = "hunter2" })
	code, answer := a.Post(t, "/-/reload", "")
	require.Equal(t, 200, code, answer)
	moved(t, a)
	_, notes = o.told(t, 2, 2)
	require.Len(t, notes, 2)
	_, shown := a.Get(t, "/api/v1/status/config")
	require.NotContains(t, shown+a.Log(), "hunter2")
}

// moved has a step down of cart taken, whose rule is a dry run no longer.
func moved(t *testing.T, a *stack.Alertscale) {
	t.Helper()
	before, err := os.ReadFile(a.Config)
	require.NoError(t, err)
	a.WriteConfig(t, string(before)+"  - {name: cart is full, matchers: ['alertname=\"CartFull\"'], target: cart, up: 1}\n")
	code, answer := a.Post(t, "/-/reload", "")
	require.Equal(t, 200, code, answer)
	notify(t, a, 200, alert("alertname=CartFull"))
}

// TestSinks_Hang: who is told and does not answer keeps neither a step nor the end of the program waiting, which says what
// was not told.
func TestSinks_Hang(t *testing.T) {
	hung := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hung }))
	defer server.Close()
	defer close(hung)
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: "sinks: [{type: webhook, url: '" + server.URL + "'}]\n" + config})
	before := time.Now()
	notify(t, a, 200, alert("alertname=WebBusy"))
	require.Less(t, time.Since(before), 3*time.Second)
	before = time.Now()
	a.Signal(t, syscall.SIGTERM)
	require.NoError(t, a.Wait(t, wait), "which is no failure")
	require.Less(t, time.Since(before), 12*time.Second)
	require.Contains(t, a.Log(), `msg="a sink was not told all before the end" sink=webhook-0 dropped=1`)
}

// TestSinks_DryRun: it tells those who ask for it, and nobody else.
func TestSinks_DryRun(t *testing.T) {
	o, asks := startOthers(t), startOthers(t)
	text, _ := o.telling(t)
	text = "sinks:\n  - {name: asks, type: webhook, url: '" + asks.URL + "', verdicts: [scaled, dry_run]}\n" + text[len("sinks:\n"):]
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: text, Args: []string{"--dry-run"}})
	notify(t, a, 200, alert("alertname=WebBusy"))
	events, _ := asks.told(t, 1, 0)
	require.Equal(t, "alertscale.decision.dry_run", events[0].Type())
	a.Stop(t)
	o.told(t, 0, 0)
}
