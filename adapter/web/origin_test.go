package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOtherSites goes through what browsers and programs send, to a path that changes something and to those of
// notifications.
func TestOtherSites(t *testing.T) {
	for _, test := range []struct {
		name           string
		method         string
		headers        []string
		reload, notify int // the answers
	}{
		{"a program", "POST", nil, 200, 200},
		{"our page", "POST", []string{"Sec-Fetch-Site", "same-origin"}, 200, 200},
		{"typed in", "POST", []string{"Sec-Fetch-Site", "none"}, 200, 200},
		{"another site", "POST", []string{"Sec-Fetch-Site", "cross-site"}, 403, 403},
		{"another host of our domain", "POST", []string{"Sec-Fetch-Site", "same-site"}, 403, 200},
		{"another site by plain HTTP", "POST", []string{"Origin", "http://evil.example"}, 403, 200},
		{"a sandbox", "POST", []string{"Origin", "null"}, 403, 200},
		{"our page by plain HTTP", "POST", []string{"Origin", "http://alertscale.example:9098"}, 200, 200},
		{"another site, PUT", "PUT", []string{"Sec-Fetch-Site", "cross-site"}, 403, 403},
		{"another site, GET", "GET", []string{"Sec-Fetch-Site", "cross-site"}, 405, 405},
	} {
		t.Run(test.name, func(t *testing.T) {
			core := &fakeCore{}
			s := newSite(core, withHook("deploy", fakeHook{}))
			for path, want := range map[string]int{
				"/-/reload": test.reload, "//-/reload/": test.reload, "/webhook": test.notify, "//webhook/": test.notify,
				"/hook/deploy?key=t": test.notify,
			} {
				r := httptest.NewRequest(test.method, path, strings.NewReader(minimal))
				r.Host = "alertscale.example:9098"
				for i := 0; i < len(test.headers); i += 2 {
					r.Header.Set(test.headers[i], test.headers[i+1])
				}
				w := httptest.NewRecorder()
				s.ServeHTTP(w, r)
				require.Equal(t, want, w.Code, path)
				if want == http.StatusForbidden {
					require.True(t, strings.HasPrefix(w.Body.String(), `{"status":"error","errorType":"forbidden","error":"`), w.Body)
				}
			}
			if test.reload == 403 {
				require.Zero(t, core.reloads)
			}
			if test.notify == 403 {
				require.Equal(t, 3.0, s.count(t, "403"))
			}
		})
	}
}

// TestTidiedPaths checks that what is escaped in a path stays so.
func TestTidiedPaths(t *testing.T) {
	for sent, want := range map[string]string{
		"/webhook": "/webhook", "/webhook/": "/webhook", "//webhook": "/webhook", "/a/..//webhook///": "/webhook", "/": "/", "//": "/",
		"/api/v1/targets/k%3AD%2Fa%2F..%2Fb/": "/api/v1/targets/k%3AD%2Fa%2F..%2Fb", "/a%zz/": "/a%25zz",
	} {
		var got string
		handler := tidied(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.URL.EscapedPath() }))
		r := httptest.NewRequest("POST", "/", nil)
		r.URL.Path, r.URL.RawPath = sent, sent
		if strings.Contains(sent, "%3A") {
			r.URL.Path = strings.NewReplacer("%3A", ":", "%2F", "/").Replace(sent)
		}
		handler.ServeHTTP(httptest.NewRecorder(), r)
		require.Equal(t, want, got, sent)
	}
}

func TestPathThatIsNone(t *testing.T) {
	w := httptest.NewRecorder()
	newSite(&fakeCore{}).ServeHTTP(w, httptest.NewRequest("OPTIONS", "*", nil))
	require.Equal(t, 400, w.Code)
}
