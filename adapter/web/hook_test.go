package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// fakeHook has the token "t". A body "bad" is refused.
type fakeHook struct {
	keys, types *[]string
	at          *time.Time // of the last POST
}

func (fakeHook) Allows(token string) bool { return token == "t" }

func (h fakeHook) Event(body []byte, contentType, key string, now time.Time) (*rules.Event, error) {
	if h.types != nil {
		*h.types = append(*h.types, contentType)
	}
	if h.at != nil {
		*h.at = now
	}
	if h.keys != nil {
		*h.keys = append(*h.keys, key)
	}
	if string(body) == "bad" {
		return nil, errors.New("the body is no JSON")
	}
	return &rules.Event{Hook: "deploy"}, nil
}

func withHook(name string, h Hook) func(*Options) {
	return func(o *Options) {
		o.Hook = func(asked string) (Hook, bool) { return h, asked == name }
	}
}

// post sends one POST to a path, with headers name, value, name, value.
func (s *site) post(path, body string, headers ...string) (*http.Response, string) {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result(), w.Body.String()
}

func TestHookStatuses(t *testing.T) {
	failed := engine.Decision{Ref: "k:D/a/b", Verdict: engine.Failed, Why: []string{"connection refused"}}
	refused := engine.Decision{Ref: "k:D/a/c", Verdict: engine.Rejected, Refused: true, Why: []string{"not found"}}
	for _, test := range []struct {
		name, path, authorization, token, body string
		decisions                              []engine.Decision
		code                                   int
		says                                   string
	}{
		{name: "bearer", path: "/hook/deploy", authorization: "Bearer t", code: 200, says: `{"status":"success","data":{"decisions":[]}}`},
		{name: "bearer, as others write it", path: "/hook/deploy", authorization: "bearer t", code: 200},
		{name: "bearer, with two spaces", path: "/hook/deploy", authorization: "Bearer  t", code: 200},
		{name: "key", path: "/hook/deploy?key=t", code: 200},
		{name: "header", path: "/hook/deploy", token: "t", code: 200},
		{name: "header beside the web config's basic auth", path: "/hook/deploy", authorization: "Basic YTpi", token: "t", code: 200},
		{name: "another header", path: "/hook/deploy?key=t", token: "T", code: 401},
		{name: "slashes", path: "//hook//deploy/?key=t", code: 200},
		{name: "key beside the web config's basic auth", path: "/hook/deploy?key=t", authorization: "Basic YTpi", code: 200},
		{name: "no token", path: "/hook/deploy", code: 401, says: "?key=TOKEN"},
		{name: "an empty token", path: "/hook/deploy?key=", authorization: "Bearer ", code: 401},
		{name: "another token", path: "/hook/deploy", authorization: "Bearer T", code: 401, says: `"errorType":"unauthorized"`},
		{name: "another key", path: "/hook/deploy?key=tt", code: 401},
		{name: "a key with a + that is not escaped", path: "/hook/deploy?key=a+b", code: 401, says: "a + is written %2B"},
		{name: "a wrong token beside the right key", path: "/hook/deploy?key=t", authorization: "Bearer x", code: 401},
		{name: "no such hook", path: "/hook/other", authorization: "Bearer t", code: 404, says: `there is no hook \"other\"`},
		{name: "a path in the name", path: "/hook/deploy%2F..%2Fdeploy", authorization: "Bearer t", code: 404, says: "there is no hook"},
		{name: "a bad body", path: "/hook/deploy?key=t", body: "bad", code: 400, says: "the body is no JSON"},
		{name: "a long body", path: "/hook/deploy?key=t", body: strings.Repeat("x", 101), code: 413, says: "send no more than the labels"},
		{name: "failed", path: "/hook/deploy?key=t", decisions: []engine.Decision{failed}, code: 503, says: "connection refused"},
		{name: "refused", path: "/hook/deploy?key=t", decisions: []engine.Decision{refused}, code: 422, says: `"data":{"decisions":[{"ref":"k:D/a/c"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			handled := 0
			s := newSite(&fakeCore{handle: func(_ context.Context, e *rules.Event) []engine.Decision {
				handled++
				require.Equal(t, "deploy", e.Hook)
				return test.decisions
			}}, withHook("deploy", fakeHook{}), func(o *Options) { o.MaxRequestBytes = 100 })
			r, body := s.post(test.path, test.body, "Authorization", test.authorization, "X-Alertscale-Token", test.token)
			require.Equal(t, test.code, r.StatusCode, body)
			require.Equal(t, "application/json", r.Header.Get("Content-Type"))
			require.Equal(t, test.code == 401, r.Header.Get("WWW-Authenticate") != "")
			require.Equal(t, test.code == 503, r.Header.Get("Retry-After") != "")
			require.Contains(t, body, test.says)
			require.Equal(t, test.code == 200 || test.code == 503 || test.code == 422, handled == 1)
			require.InDelta(t, 1, s.count(t, r.Status[:3]), 0)
		})
	}
}

func TestHookTellsNobodyWhatItWasShown(t *testing.T) {
	s := newSite(&fakeCore{}, withHook("deploy", fakeHook{}))
	_, byKey := s.post("/hook/deploy?key=hunter2", "")
	_, byToken := s.post("/hook/deploy", "", "Authorization", "Bearer hunter2")
	require.NotContains(t, byKey+byToken+s.log.String(), "hunter2")
	require.Contains(t, s.log.String(), `msg="request refused" path=/hook/deploy code=401`)
}

func TestHookIdempotencyKey(t *testing.T) {
	var keys []string
	s := newSite(&fakeCore{}, withHook("deploy", fakeHook{keys: &keys}))
	s.post("/hook/deploy?key=t", "")
	s.post("/hook/deploy?key=t", "", "Idempotency-Key", "build 7")
	r, body := s.post("/hook/deploy?key=t", "", "Idempotency-Key", strings.Repeat("x", 256))
	require.Equal(t, 400, r.StatusCode)
	require.Contains(t, body, "256 bytes")
	longest := strings.Repeat("x", 255)
	s.post("/hook/deploy?key=t", "", "Idempotency-Key", longest)
	require.Equal(t, []string{"", "build 7", longest}, keys)
}

// TestHookContentType checks that a hook gets the type of the body, whether it was packed or not.
func TestHookContentType(t *testing.T) {
	var types []string
	s := newSite(&fakeCore{}, withHook("deploy", fakeHook{types: &types}))
	s.post("/hook/deploy?key=t", "")
	s.post("/hook/deploy?key=t", "a=b", "Content-Type", "application/x-www-form-urlencoded")
	s.post("/hook/deploy?key=t", packed(t, "{}"), "Content-Type", "application/json; charset=utf-8", "Content-Encoding", "gzip")
	require.Equal(t, []string{"", "application/x-www-form-urlencoded", "application/json; charset=utf-8"}, types)
}

func TestHookMethods(t *testing.T) {
	s := newSite(&fakeCore{}, withHook("deploy", fakeHook{}))
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodOptions} {
		for _, path := range []string{"/hook/deploy", "/hook/deploy?key=t"} {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest(method, path, nil))
			require.Equal(t, 405, w.Code)
			require.Equal(t, "POST", w.Header().Get("Allow"))
		}
	}
	require.InDelta(t, 8, s.count(t, "405"), 0)
}

func TestHookRefusalsAreLoggedInALine(t *testing.T) {
	s := newSite(&fakeCore{}, withHook("deploy", fakeHook{}))
	s.post("/hook/"+strings.Repeat("x", 10_000), "")
	require.Less(t, s.log.Len(), 600)
	s.post("/hook/deploy?key=t", "bad")
	require.Contains(t, s.log.String(), `msg="request refused" path=/hook/deploy code=400`)
	require.NotContains(t, s.log.String(), "key=t")
}

func TestWithoutHooksThereIsNone(t *testing.T) {
	s := newSite(&fakeCore{}, func(o *Options) { o.Hook = nil })
	r, _ := s.post("/hook/deploy?key=t", "")
	require.Equal(t, 404, r.StatusCode)
}

func TestHookTime(t *testing.T) {
	var at time.Time
	newSite(&fakeCore{}, withHook("deploy", fakeHook{at: &at})).post("/hook/deploy?key=t", "")
	require.WithinDuration(t, time.Now(), at, time.Minute)
	noon := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
	s := newSite(&fakeCore{}, withHook("deploy", fakeHook{at: &at}), func(o *Options) { o.Now = func() time.Time { return noon } })
	s.post("/hook/deploy?key=t", "")
	require.Equal(t, noon, at)
}
