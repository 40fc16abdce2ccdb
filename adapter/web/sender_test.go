package web

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// withSenders asks for the token "t" of sender "prod".
func withSenders(o *Options) {
	o.Sender = func(token string) (string, bool) { return map[string]string{"t": "prod"}[token], true }
}

func TestSendersShowTheirToken(t *testing.T) {
	var from []string
	core := &fakeCore{handle: func(_ context.Context, e *rules.Event) []engine.Decision {
		from = append(from, e.Sender)
		return nil
	}}
	for path, body := range map[string]string{"/webhook": minimal, "/api/v2/alerts": "[]"} {
		s := newSite(core, withSenders)
		for _, test := range []struct {
			name, authorization string
			code                int
			says                string
		}{
			{"its token", "Bearer t", 200, ""},
			{"as others write it", "bearer  t", 200, ""},
			{"none", "", 401, "authorization: {credentials_file: FILE}"},
			{"an empty one", "Bearer ", 401, "so show the token of one"},
			{"another one", "Bearer T", 401, "this is not the token of any sender"},
			{"a password", "Basic t", 401, "so show the token of one"},
		} {
			from = nil
			r, text := s.post(path, body, "Authorization", test.authorization)
			require.Equal(t, test.code, r.StatusCode, "%s: %s", path, test.name)
			require.Contains(t, text, test.says)
			if test.code == 200 {
				require.Equal(t, []string{"prod"}, from)
				continue
			}
			require.Empty(t, from)
			require.Equal(t, `Bearer realm="alertscale"`, r.Header.Get("WWW-Authenticate"))
			require.Contains(t, text, `"errorType":"unauthorized"`)
		}
		require.Equal(t, 4.0, s.count(t, "401"))
		require.Contains(t, s.log.String(), "code=401")
		r, _ := s.post(path+"?key=t", body, "X-Alertscale-Token", "t")
		require.Equal(t, 401, r.StatusCode, "which hooks take")
	}
}

func TestASenderIsAskedForWhatIsPostedAlone(t *testing.T) {
	s := newSite(&fakeCore{}, withSenders, withHook("deploy", fakeHook{}))
	for path, code := range map[string]int{"/webhook": 405, "/api/v2/alerts": 405, "/api/v1/targets": 200, "/metrics": 200, "/-/ready": 200} {
		r, _ := s.ask("GET", path, "")
		require.Equal(t, code, r.StatusCode, path)
	}
	r, _ := s.post("/hook/deploy", "", "Authorization", "Bearer t")
	require.Equal(t, 200, r.StatusCode, "hooks have tokens of their own")
}

func TestAlerts(t *testing.T) {
	var events []*rules.Event
	var ds []engine.Decision
	core := &fakeCore{handle: func(_ context.Context, e *rules.Event) []engine.Decision {
		events = append(events, e)
		return ds
	}}
	noon := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
	s := newSite(core, func(o *Options) { o.Now = func() time.Time { return noon } })
	r, text := s.post("/api/v2/alerts", `[{"labels":{"a":"b"}}]`)
	require.Equal(t, []any{200, ""}, []any{r.StatusCode, text})
	require.Equal(t, noon.Add(5*time.Minute), events[0].Alerts[0].EndsAt)

	ds = []engine.Decision{{Ref: "k:D/a/b", Verdict: engine.Scaled}}
	r, text = s.post("//api/v2/alerts/", `[{"labels":{"a":"b"}}]`)
	require.Equal(t, []any{200, ""}, []any{r.StatusCode, text})

	ds = []engine.Decision{{Ref: "k:D/a/b", Verdict: engine.Failed, Why: []string{"connection refused"}}}
	r, text = s.post("/api/v2/alerts", `[{"labels":{"a":"b"}}]`)
	require.Equal(t, 503, r.StatusCode)
	require.Equal(t, "5", r.Header.Get("Retry-After"))
	require.Contains(t, text, `"errorType":"unavailable"`)
	require.Contains(t, text, `"data":{"decisions":[{"ref":"k:D/a/b"`)

	require.Equal(t, []float64{2, 1}, []float64{s.count(t, "200"), s.count(t, "503")})
}

func TestWhatIsPostedToTheWrongPathIsToldTheRightOne(t *testing.T) {
	s := newSite(&fakeCore{})
	r, text := s.post("/api/v2/alerts", minimal)
	require.Equal(t, 400, r.StatusCode)
	require.Contains(t, text, "have it posted to /webhook")
	r, text = s.post("/webhook", `[{"labels":{"a":"b"}}]`)
	require.Equal(t, 400, r.StatusCode)
	require.Contains(t, text, "have it posted to /api/v2/alerts")
	require.Equal(t, 2.0, s.count(t, "400"))

	r, text = s.post("/api/v1/alerts", "[]")
	require.Equal(t, http.StatusGone, r.StatusCode)
	require.Contains(t, text, "post to /api/v2/alerts")
	require.Equal(t, 1.0, s.count(t, "410"))
	r, _ = s.ask("GET", "/api/v2/alerts", "")
	require.Equal(t, []any{405, "POST"}, []any{r.StatusCode, r.Header.Get("Allow")})
	r, text = s.ask("GET", "/api/v2/status", "")
	require.Equal(t, 404, r.StatusCode)
	require.Contains(t, text, `"errorType":"not_found"`)
}

func TestAsksForPasswords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "web.yml")
	for text, asks := range map[string]bool{
		"basic_auth_users: {a: b}": true, "basic_auth_users:\n": false, "tls_server_config: {}": false, ": [": false,
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		require.Equal(t, asks, AsksForPasswords(path), text)
	}
	require.False(t, AsksForPasswords(""))
	require.False(t, AsksForPasswords(path+".none"))
}
