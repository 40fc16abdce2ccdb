package web

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
)

// TestRoutes goes through every path with every method, with a prefix before it and without.
func TestRoutes(t *testing.T) {
	for _, prefix := range []string{"", "/ops/alertscale"} {
		t.Run("under "+prefix, func(t *testing.T) { everyRoute(t, prefix) })
	}
}

func everyRoute(t *testing.T, prefix string) {
	s := newSite(&fakeCore{}, withHook("deploy", fakeHook{}), under(prefix))
	paths := []struct {
		path, allow string
		envelope    bool // errors come in it
	}{
		{"/", "GET, HEAD", false},
		{"/-/healthy", "GET, HEAD", false},
		{"/-/ready", "GET, HEAD", false},
		{"/metrics", "GET, HEAD", false},
		{"/-/reload", "POST, PUT", false},
		{"/webhook", "POST", true},
		{"/api/v1/targets", "GET, HEAD", true},
		{"/api/v1/rules", "GET, HEAD", true},
		{"/api/v1/decisions", "GET, HEAD", true},
		{"/api/v1/status/config", "GET, HEAD", true},
		{"/api/v1/status/buildinfo", "GET, HEAD", true},
		{"/nowhere", "", false},
		{"/-/quit", "", false},
		{"/hook/deploy?key=t", "POST", true},
		{"/hook/other?key=t", "", true},
		{"/hook/", "", true},
		{"/hook/deploy/?key=t", "POST", true},
		{"/hook/deploy/more", "", true},
		{"/webhook/", "POST", true},
		{"//webhook", "POST", true},
		{"/./a/../webhook?x=1", "POST", true},
		{"/%77ebhook//", "POST", true},
		{"/alertscale/webhook", "", false},
		{"/webhook/more", "", false},
		{"/api/v1/", "", true},
		{"/api/v1/nowhere", "", true},
		{"/api/v1/targets/pause/now", "", true},
	}
	for _, p := range paths {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
			r, body := s.ask(method, prefix+p.path, minimal)
			name := method + " " + p.path
			switch {
			case p.allow == "", p.path == "/" && method == "POST":
				require.Equal(t, http.StatusNotFound, r.StatusCode, name)
				require.Equal(t, p.envelope, strings.HasPrefix(body, `{"status":"error","errorType":"not_found","error":`), name)
			case strings.Contains(p.allow, method):
				require.Equal(t, http.StatusOK, r.StatusCode, name)
				require.Empty(t, r.Header.Get("Allow"), name)
			default:
				require.Equal(t, http.StatusMethodNotAllowed, r.StatusCode, name)
				require.Equal(t, p.allow, r.Header.Get("Allow"), name)
				require.Equal(t, p.envelope, strings.HasPrefix(body, `{"status":"error","errorType":"bad_data","error":`), name)
			}
		}
	}
}

func TestHealthReadyReload(t *testing.T) {
	core := &fakeCore{ready: errors.New("the store is not open yet"), reload: errors.New("alertscale.yml:3: a\nalertscale.yml:9: b")}
	s := newSite(core)
	r, _ := s.ask("GET", "/-/healthy", "")
	require.Equal(t, http.StatusOK, r.StatusCode)

	r, body := s.ask("GET", "/-/ready", "")
	require.Equal(t, http.StatusServiceUnavailable, r.StatusCode)
	require.Contains(t, body, "the store is not open yet")

	r, body = s.ask("POST", "/-/reload", "")
	require.Equal(t, http.StatusInternalServerError, r.StatusCode)
	require.Contains(t, body, "alertscale.yml:3: a\nalertscale.yml:9: b\n")

	core.ready, core.reload = nil, nil
	r, body = s.ask("GET", "/-/ready", "")
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Equal(t, "alertscale is ready.\n", body)
	r, _ = s.ask("PUT", "/-/reload", "")
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Equal(t, 2, core.reloads)
}

// TestReadyNamesTheDriversThatAreDown: alerts are taken all the same.
func TestReadyNamesTheDriversThatAreDown(t *testing.T) {
	at := time.Date(2026, 11, 20, 7, 24, 45, 0, time.FixedZone("", 2*60*60))
	s := newSite(&fakeCore{down: []controller.DriverDown{{Driver: "kubernetes", Since: at}, {Driver: "legacy", Since: at.Add(time.Minute)}}})
	r, body := s.ask("GET", "/-/ready", "")
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Equal(t, "alertscale is ready.\n"+
		"Driver kubernetes is down since 2026-11-20T05:24:45Z: what is asked of it is tried again; see the log.\n"+
		"Driver legacy is down since 2026-11-20T05:25:45Z: what is asked of it is tried again; see the log.\n", body)
}

// TestPostedElsewhere checks that whoever posts to a path that is none is told where to post, and that it is seen.
func TestPostedElsewhere(t *testing.T) {
	s := newSite(&fakeCore{})
	for i, path := range []string{"/", "/alertscale/webhook", "/api/v1/webhook", "/hook/", "/webhook/more"} {
		r, body := s.ask("POST", path, minimal)
		require.Equal(t, 404, r.StatusCode, path)
		require.Contains(t, body, "post notifications to /webhook", path)
		require.Equal(t, float64(i+1), s.count(t, "404"), path)
	}
	require.Contains(t, s.log.String(), `level=warn msg="request refused" path=/ code=404 method=POST`)
	s.ask("GET", "/nowhere", "")
	require.Equal(t, 5.0, s.count(t, "404"), "what is not posted is no notification")
}

// TestLandingPage checks that no path is missing from it.
func TestLandingPage(t *testing.T) {
	_, body := newSite(&fakeCore{}).ask("GET", "/", "")
	for _, path := range []string{
		"/webhook", "/-/healthy", "/-/ready", "/-/reload", "/metrics", "/api/v1/targets", "/api/v1/rules",
		"/api/v1/decisions", "/api/v1/status/config", "/api/v1/status/buildinfo",
	} {
		require.Contains(t, body, path)
	}
}

func TestPanicIsAnsweredAndLogged(t *testing.T) {
	s := newSite(&fakeCore{}, func(o *Options) {
		o.Decode = func([]byte, string) (*rules.Event, error) { panic("of the decoder") }
	})
	for range 2 { // and the next request finds all in order
		r, body := s.ask("POST", "/webhook", minimal)
		require.Equal(t, http.StatusInternalServerError, r.StatusCode)
		require.JSONEq(t, `{"status":"error","errorType":"internal","error":"internal error: see the log of alertscale"}`, body)
	}
	require.Equal(t, 2.0, s.count(t, "500"))
	require.Contains(t, s.log.String(), `panic="of the decoder"`)
	require.Contains(t, s.log.String(), "route_test.go")

	require.PanicsWithError(t, http.ErrAbortHandler.Error(), func() {
		s := newSite(&fakeCore{}, func(o *Options) {
			o.Decode = func([]byte, string) (*rules.Event, error) { panic(http.ErrAbortHandler) }
		})
		s.ask("POST", "/webhook", minimal)
	})
}
