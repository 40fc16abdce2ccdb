package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// under puts a site under a prefix.
func under(prefix string) func(*Options) {
	return func(o *Options) { o.Place.Prefix = prefix }
}

func TestPlaceFlags(t *testing.T) {
	for _, test := range []struct {
		external, prefix string
		listen           []string
		url, under       string // as they should be read
	}{
		{"", "", []string{":9098"}, "http://box:9098", ""},
		{"", "", []string{"127.0.0.1:1", ":2"}, "http://box:1", ""},
		{"", "", []string{"vsock://:9098"}, "http://box", ""},
		{"", "", nil, "http://box", ""},
		{"", "ops/", []string{":9098"}, "http://box:9098", "/ops"},
		{"http://ops.example", "", nil, "http://ops.example", ""},
		{"http://ops.example/", "", nil, "http://ops.example", ""},
		{"https://ops.example/alertscale", "", nil, "https://ops.example/alertscale", "/alertscale"},
		{"https://ops.example//a/./alertscale//", "", nil, "https://ops.example/a/alertscale", "/a/alertscale"},
		{"https://ops.example/alertscale", "/", nil, "https://ops.example/alertscale", ""},
		{"https://ops.example/alertscale", "/other/", nil, "https://ops.example/alertscale", "/other"},
	} {
		p, err := PlaceFlags{test.external, test.prefix}.Parse(test.listen, func() (string, error) { return "box", nil })
		require.NoError(t, err, test)
		require.Equal(t, test.url, p.External.String(), test)
		require.Equal(t, test.under, p.Prefix, test)
	}
}

func TestPlaceFlags_Faults(t *testing.T) {
	for external, want := range map[string]string{
		"ops.example/alertscale":     `"ops.example/alertscale" is no http or https URL; want http://HOST:PORT/PATH`,
		"ftp://ops.example":          `is no http or https URL`,
		"http:///alertscale":         `is no http or https URL`,
		"http://u:hunter2@ops":       `has credentials in it, and is told to others`,
		"http://u:hunter2@ops:x/%zz": `is no URL; want`,
		"http://ops/?a=b":            `has more than a host and a path`,
		"http://ops/#a":              `has more than a host and a path`,
	} {
		_, err := PlaceFlags{ExternalURL: external}.Parse(nil, nil)
		require.ErrorContains(t, err, "--web.external-url ")
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "hunter2")
	}
	_, err := PlaceFlags{}.Parse(nil, func() (string, error) { return "", errors.New("no name") })
	require.EqualError(t, err, "the name of this host is not known: no name; set --web.external-url")
}

// TestOutsideThePrefix: who comes without the prefix is told it, and a notification that is lost so is counted and logged.
func TestOutsideThePrefix(t *testing.T) {
	s := newSite(&fakeCore{}, under("/ops/alertscale"))
	for _, method := range []string{"GET", "HEAD"} {
		r, _ := s.ask(method, "/", "")
		require.Equal(t, http.StatusFound, r.StatusCode)
		require.Equal(t, "/ops/alertscale/", r.Header.Get("Location"))
	}
	for i, path := range []string{"/webhook", "/", "/hook/deploy", "/ops/alertscalewebhook", "/ops"} {
		r, body := s.ask("POST", path, minimal)
		require.Equal(t, http.StatusNotFound, r.StatusCode, path)
		require.Contains(t, body, "post notifications to /ops/alertscale/webhook, Prometheus's alerts to /ops/alertscale/api/v2/alerts, and other senders' to /ops/alertscale/hook/NAME; "+
			"all of alertscale is under /ops/alertscale", path)
		require.Equal(t, float64(i+1), s.count(t, "404"), path)
	}
	require.Contains(t, s.log.String(), `path=/webhook code=404`)
	for _, path := range []string{"/-/healthy", "/-/ready", "/metrics", "/api/v1/targets"} {
		r, _ := s.ask("GET", path, "")
		require.Equal(t, http.StatusNotFound, r.StatusCode, path)
	}
	r, body := s.ask("GET", "/ops/alertscale", "")
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Contains(t, body, "under /ops/alertscale.")
	_, body = s.ask("GET", "/ops/alertscale/nowhere", "")
	require.Equal(t, "there is no /ops/alertscale/nowhere\n", body)
	_, body = s.ask("GET", "/ops/alertscale/webhook", "")
	require.Contains(t, body, "not allowed for /ops/alertscale/webhook")
}

// TestBehindAProxy goes through a proxy that keeps the prefix, and through one that takes it off. A page of the site that
// the proxy is on may post, which by its Host alone it might not.
func TestBehindAProxy(t *testing.T) {
	for name, way := range map[string]struct{ route, off string }{"kept": {"", ""}, "taken off": {"/", "/alertscale"}} {
		t.Run(name, func(t *testing.T) {
			core := &fakeCore{}
			place, err := PlaceFlags{"http://OPS.example:80/alertscale", way.route}.Parse(nil, nil)
			require.NoError(t, err)
			behind := httptest.NewServer(newSite(core, withPprof, func(o *Options) { o.Place = place }))
			defer behind.Close()
			to, err := url.Parse(behind.URL)
			require.NoError(t, err)
			proxy := http.StripPrefix(way.off, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }})
			ask := func(method, path string, header ...string) *httptest.ResponseRecorder {
				r, w := httptest.NewRequest(method, "http://ops.example/alertscale"+path, strings.NewReader(minimal)), httptest.NewRecorder()
				for i := 0; i < len(header); i += 2 {
					r.Header.Set(header[i], header[i+1])
				}
				proxy.ServeHTTP(w, r)
				return w
			}
			for path, method := range map[string]string{"/webhook": "POST", "/-/ready": "GET", "/api/v1/targets": "GET", "/": "GET", "/debug/pprof/": "GET"} {
				require.Equal(t, 200, ask(method, path).Code, path)
			}
			require.Equal(t, "pprof/", ask("GET", "/debug/pprof").Header().Get("Location"))
			require.Equal(t, 200, ask("POST", "/-/reload", "Origin", "http://ops.example").Code)
			require.Equal(t, 403, ask("POST", "/-/reload", "Origin", "http://other.example").Code)
			require.Equal(t, 1, core.reloads)
		})
	}
}
