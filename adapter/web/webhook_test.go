package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// TestWebhookStatuses has every status that a notification can be answered with, but for 401, which
// is the web config's, or a hook's.
func TestWebhookStatuses(t *testing.T) {
	scaled := engine.Decision{
		Ref: "kubernetes:Deployment/shop/web", Target: "web", Rule: `web is "busy"`, Verdict: engine.Scaled,
		From: ptr(3), To: ptr(5), Why: []string{"up 2: 3 → 5", "<max 20>"},
	}
	failed := engine.Decision{Ref: "k:D/a/b", Verdict: engine.Failed, Why: []string{"up 1", "observe: connection refused"}}
	refused := engine.Decision{Ref: "k:D/a/c", Verdict: engine.Rejected, Refused: true, Why: []string{"not found"}}
	broken := engine.Decision{Target: "any", Verdict: engine.Rejected, Why: []string{`name: label "deployment" is missing`}}
	tests := []struct {
		name      string
		body      string
		decisions []engine.Decision
		code      int
		errorType string
		error     string
	}{
		{name: "no rule matches", body: minimal, code: 200},
		{name: "scaled", body: minimal, decisions: []engine.Decision{scaled}, code: 200},
		{name: "a broken label", body: minimal, decisions: []engine.Decision{broken, scaled}, code: 200},
		{
			name: "one failed", body: minimal, decisions: []engine.Decision{scaled, refused, failed}, code: 503,
			errorType: "unavailable", error: "1 of 3 decisions failed, to be tried again: k:D/a/b: observe: connection refused",
		},
		{
			name: "one refused", body: minimal, decisions: []engine.Decision{broken, scaled, refused}, code: 422,
			errorType: "execution", error: "1 of 3 decisions refused: k:D/a/c: not found",
		},
		{name: "no JSON", body: "{", code: 400, errorType: "bad_data", error: "malformed JSON"},
		{name: "nothing", body: "", code: 400, errorType: "bad_data", error: "empty body"},
		{name: "another version", body: `{"version":"5","alerts":[]}`, code: 400, errorType: "bad_data", error: `version "5"`},
		{name: "a custom payload", body: `{"text":"hello"}`, code: 400, errorType: "bad_data", error: "custom"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(&fakeCore{handle: decide(test.decisions...)})
			r, body := s.ask("POST", "/webhook", test.body)
			require.Equal(t, test.code, r.StatusCode, body)
			require.Equal(t, "application/json", r.Header.Get("Content-Type"))
			require.Equal(t, test.code == 503, r.Header.Get("Retry-After") != "")
			require.Equal(t, 1.0, s.count(t, fmt.Sprint(test.code)))

			var got answer
			require.NoError(t, json.Unmarshal([]byte(body), &got))
			require.Equal(t, test.errorType, got.ErrorType)
			require.Contains(t, got.Error, test.error)
			if test.code == 400 {
				require.Equal(t, "error", got.Status)
				require.Nil(t, got.Data)
				require.Contains(t, s.log.String(), "code=400")
				return
			}
			require.Equal(t, test.code == 200, got.Status == "success")
			want, err := json.Marshal(normal(test.decisions))
			require.NoError(t, err)
			require.JSONEq(t, string(want), string(got.Data.Decisions))
		})
	}
}

type answer struct {
	Status, ErrorType, Error string
	Data                     *struct{ Decisions json.RawMessage }
}

// normal has empty lists in place of nil.
func normal(ds []engine.Decision) []engine.Decision {
	all := []engine.Decision{}
	for _, d := range ds {
		d.Why = append([]string{}, d.Why...)
		all = append(all, d)
	}
	return all
}

func TestWebhookBodyLimit(t *testing.T) {
	const limit = 1000
	server := httptest.NewServer(newSite(&fakeCore{}, func(o *Options) { o.MaxRequestBytes = limit }))
	defer server.Close()
	exact := minimal + strings.Repeat(" ", limit-len(minimal))
	for _, chunked := range []bool{false, true} {
		for _, test := range []struct {
			body string
			code int
		}{{minimal, 200}, {exact, 200}, {exact + " ", 413}, {exact + strings.Repeat(" ", 5*limit), 413}} {
			var body io.Reader = strings.NewReader(test.body)
			if chunked {
				body = struct{ io.Reader }{body} // of unknown length
			}
			r, err := http.Post(server.URL+"/webhook", "application/json", body)
			require.NoError(t, err)
			text := readAll(t, r)
			require.Equal(t, test.code, r.StatusCode, "chunked %t, %d bytes", chunked, len(test.body))
			if test.code == 413 {
				require.Contains(t, text, `"errorType":"bad_data"`)
				require.Contains(t, text, "over 1000 bytes")
			}
		}
	}
}

// TestSenderGoesAway checks that what a notification asks for is not bound to its connection.
func TestSenderGoesAway(t *testing.T) {
	began, gone, outcome := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	core := &fakeCore{handle: func(ctx context.Context, _ *rules.Event) []engine.Decision {
		close(began)
		<-gone
		select {
		case <-ctx.Done():
			outcome <- ctx.Err()
		case <-time.After(100 * time.Millisecond):
			outcome <- nil
		}
		return nil
	}}
	server := httptest.NewServer(newSite(core))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "POST", server.URL+"/webhook", strings.NewReader(minimal))
	require.NoError(t, err)
	go func() {
		<-began
		cancel()
		close(gone)
	}()
	_, err = http.DefaultClient.Do(r)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, <-outcome)
}

func TestHandleHasADeadline(t *testing.T) {
	core := &fakeCore{handle: func(ctx context.Context, _ *rules.Event) []engine.Decision {
		<-ctx.Done()
		return []engine.Decision{{Ref: "r", Verdict: engine.Failed, Why: []string{ctx.Err().Error()}}}
	}}
	s := newSite(core, func(o *Options) { o.Deadline = 20 * time.Millisecond })
	r, body := s.ask("POST", "/webhook", minimal)
	require.Equal(t, http.StatusServiceUnavailable, r.StatusCode)
	require.Contains(t, body, "deadline exceeded")
}

// TestConcurrentUse checks under the race detector, and by the answers, that no two requests share
// a buffer.
func TestConcurrentUse(t *testing.T) {
	core := &fakeCore{handle: func(_ context.Context, e *rules.Event) []engine.Decision {
		return []engine.Decision{{Ref: e.Receiver, Verdict: engine.Duplicate, Why: []string{strings.Repeat(e.Receiver, 50)}}}
	}}
	s := newSite(core)
	var wg sync.WaitGroup
	for sender := range 8 {
		wg.Go(func() {
			for i := range 100 {
				name := fmt.Sprintf("r%d-%d", sender, i)
				_, body := s.ask("POST", "/webhook", strings.Replace(minimal, "alertscale", name, 1))
				want := fmt.Sprintf(`{"status":"success","data":{"decisions":[{"ref":%q,"target":"","rule":"",`+
					`"verdict":"duplicate","from":null,"to":null,"why":[%q]}]}}`, name, strings.Repeat(name, 50))
				if body != want {
					t.Errorf("%s was answered %s", name, body)
				}
				s.ask("GET", "/api/v1/decisions?limit=1", "")
				s.ask("GET", "/metrics", "")
			}
		})
	}
	wg.Wait()
	require.Equal(t, 800.0, s.count(t, "200"))
}
