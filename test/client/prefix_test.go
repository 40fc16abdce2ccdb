package client

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// TestUnderAPath runs alertscale behind a proxy, which keeps the path that it has it under, or takes it off. Senders, probes and
// commands reach it through the proxy, and directly.
func TestUnderAPath(t *testing.T) {
	for name, way := range map[string]struct {
		args          []string
		inside, strip string
	}{
		"the proxy keeps it":     {[]string{"--web.external-url=http://ops.example/tools/alertscale"}, "/tools/alertscale", ""},
		"the proxy takes it off": {[]string{"--web.external-url=http://ops.example/tools/alertscale", "--web.route-prefix=/"}, "", "/tools/alertscale"},
		"without a url":          {[]string{"--web.route-prefix=tools/alertscale/"}, "/tools/alertscale", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: config, Under: way.inside, Args: way.args})
			to, err := url.Parse(a.URL)
			require.NoError(t, err)
			to.Path = ""
			proxy := httptest.NewServer(http.StripPrefix(way.strip, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}))
			defer proxy.Close()
			outside := "--url=" + proxy.URL + "/tools/alertscale"

			notify(t, a, 200, alert("alertname=WebBusy"))
			for _, command := range []string{"healthcheck", "healthcheck --ready", "targets", "decisions", "rules", "pause kubernetes:Deployment/shop/cart --for=1h"} {
				require.Equal(t, timeless(does(t, a, command)), timeless(does(t, a, command+" "+outside)), command)
			}
			require.Contains(t, does(t, a, "decisions "+outside), "3 → 5")
			resp, err := http.Get(proxy.URL + "/tools/alertscale/metrics")
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, 200, resp.StatusCode)
		})
	}
}

// TestWithoutThePath: who does not know the path is told it, a probe too, and a person is led there.
func TestWithoutThePath(t *testing.T) {
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: config, Under: "/alertscale", Args: []string{"--web.route-prefix=/alertscale"}})
	root := a.URL[:len(a.URL)-len("/alertscale")]
	code, page := a.Get(t, "")
	require.Equal(t, 200, code)
	resp, err := http.Get(root)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, a.URL+"/", resp.Request.URL.String(), "it was led there")
	require.Contains(t, page, "All of these paths are under /alertscale.")

	out, code := a.Command(t, "healthcheck", "--url="+root)
	require.Equal(t, 0, code, "nobody is killed for it")
	require.Contains(t, out, "alertscale lives: ")
	out, code = a.Command(t, "healthcheck", "--ready", "--url="+root)
	require.Equal(t, 1, code)
	require.Contains(t, out, "alertscale is under /alertscale there: --url (or ALERTSCALE_URL) ends with that path")

	a.URL = root
	code, answer := a.Post(t, "/webhook", `{"version": "4"}`)
	require.Equal(t, 404, code)
	require.Contains(t, answer, "post notifications to /alertscale/webhook")
	code, answer = a.Get(t, "/-/healthy")
	require.Equal(t, 404, code)
	require.Equal(t, "there is no /-/healthy: all of alertscale is under /alertscale\n", answer)
}

// TestAURLThatIsNone: the program does not start with one.
func TestAURLThatIsNone(t *testing.T) {
	a := stack.NewAlertscale(t, stack.AlertscaleOptions{Config: config, Args: []string{"--web.external-url=ops.example/alertscale"}})
	a.Launch(t)
	require.Error(t, a.Wait(t, wait))
	require.Contains(t, a.Log(), `--web.external-url "ops.example/alertscale" is no http or https URL; want http://HOST:PORT/PATH`)
}
