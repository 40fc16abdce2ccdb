package web

import (
	"compress/gzip"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func withPprof(o *Options) { o.EnablePprof = true }

func TestPprofIsOffByDefault(t *testing.T) {
	s := newSite(&fakeCore{})
	for _, path := range []string{"/debug/pprof", "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/profile?seconds=1", "/debug/pprof/cmdline"} {
		r, body := s.ask("GET", path, "")
		require.Equal(t, http.StatusNotFound, r.StatusCode, path)
		require.True(t, strings.HasPrefix(body, "there is no /debug/pprof"), body)
	}
}

func TestPprof(t *testing.T) {
	s := newSite(&fakeCore{}, withPprof)
	for _, test := range []struct {
		method, path string
		code         int
		says         string
	}{
		{"GET", "/debug/pprof/", 200, "Types of profiles available"},
		{"GET", "/debug/pprof/?x=1", 200, "Types of profiles available"},
		{"GET", "/debug/pprof", 301, ""},
		{"GET", "/debug/pprof/heap?debug=1", 200, "heap profile:"},
		{"GET", "/debug/pprof/goroutine?debug=2", 200, "TestPprof"},
		{"GET", "/debug/pprof/nothing", 404, "Unknown profile"},
		{"GET", "/debug/pprof/cmdline", 200, "test"},
		{"GET", "/debug/pprof/symbol", 200, "num_symbols: 1"},
		{"POST", "/debug/pprof/symbol", 200, "num_symbols: 1"},
		{"POST", "/debug/pprof/heap", 405, "use GET, HEAD"},
		{"DELETE", "/debug/pprof/symbol", 405, "use GET, HEAD, POST"},
		{"GET", "/debug/pprof/trace?seconds=0.01", 200, "go 1."},
	} {
		r, body := s.ask(test.method, test.path, "")
		require.Equal(t, test.code, r.StatusCode, test.path)
		require.Contains(t, body, test.says, test.path)
		if test.code == 301 {
			require.Equal(t, "pprof/", r.Header.Get("Location"), "whatever is before it")
		}
	}
}

// TestPprofFromOtherSites checks that what only reads may be asked for from anywhere, as all else that only reads.
func TestPprofFromOtherSites(t *testing.T) {
	s := newSite(&fakeCore{}, withPprof)
	for method, want := range map[string]int{"GET": 200, "POST": 403} {
		r := httptest.NewRequest(method, "/debug/pprof/symbol", nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		require.Equal(t, want, w.Code, method)
	}
}

// servePprof starts a server with profiles whose time limits are short.
func servePprof(t *testing.T, webConfig string) *running {
	return start(t, &fakeCore{}, webConfig, func(s *Server) {
		server := s.parts[0].server
		server.ReadTimeout, server.WriteTimeout = 100*time.Millisecond, 900*time.Millisecond
		server.Handler = s.doorman.inside(newSite(&fakeCore{}, withPprof))
	})
}

// TestPprofOutlivesTheTimeLimits takes a profile that takes longer than the server's limits: its context must not end
// before it, and the whole of it must arrive.
func TestPprofOutlivesTheTimeLimits(t *testing.T) {
	s := servePprof(t, "")
	for range 2 { // the second on the same connection
		r, err := http.Get("http://" + s.address + "/debug/pprof/heap?seconds=1")
		require.NoError(t, err)
		defer r.Body.Close()
		require.Equal(t, http.StatusOK, r.StatusCode)
		packed, err := gzip.NewReader(r.Body)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, packed)
		require.NoError(t, err, "it is cut off")
	}
}

// TestPprofEndsWithTheServer checks that a profile of an hour does not use up the time of a shutdown.
func TestPprofEndsWithTheServer(t *testing.T) {
	s := servePprof(t, "")
	answered := make(chan error, 1)
	go func() {
		r, err := http.Get("http://" + s.address + "/debug/pprof/heap?seconds=3600")
		if err == nil {
			_ = r.Body.Close()
		}
		answered <- err
	}()
	require.Eventually(t, func() bool {
		r, err := http.Get("http://" + s.address + "/debug/pprof/goroutine?debug=2")
		require.NoError(t, err)
		return strings.Contains(readAll(t, r), "serveDeltaProfile")
	}, 10*time.Second, 10*time.Millisecond)
	s.Shutdown(nil)
	require.NoError(t, <-answered, "it was cut off")
	require.NoError(t, <-s.ended)
}

func TestPprofNeedsThePasswordOfTheServer(t *testing.T) {
	webConfig, pool := tlsFiles(t)
	s := servePprof(t, webConfig)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
	for password, want := range map[string]int{"secret": 200, "wrong": 401, "": 401} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", "https://"+s.address+"/debug/pprof/heap?seconds=1", nil)
		require.NoError(t, err)
		if password != "" {
			r.SetBasicAuth("alertmanager", password)
		}
		response, err := client.Do(r)
		require.NoError(t, err)
		readAll(t, response)
		require.Equal(t, want, response.StatusCode, password)
	}
}
