package kubernetes

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
)

func TestDescribe(t *testing.T) {
	f := newFake(t, true)
	d := newDriver(t, f)
	e, err := d.Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, controller.Endpoint{Address: f.server.URL, User: "system:serviceaccount:alertscale:alertscale", Version: "v1.35.0"}, e)
	require.Equal(t, 1, f.count("GET"))
	require.Equal(t, 1, f.count("POST"), "a question, of which nothing is stored")
	require.Equal(t, 1e6, d.QPS())
}

// TestDescribe_WhatIsNotTold: an API server may keep its version to itself, and one before 1.28 does not say who asks.
func TestDescribe_WhatIsNotTold(t *testing.T) {
	for _, code := range []int{403, 404, 405} {
		f := newFake(t, true)
		d := newDriver(t, f)
		f.with(func() { f.index = answering(code, 0) })
		e, err := d.Describe(t.Context())
		require.NoError(t, err)
		require.Equal(t, controller.Endpoint{Address: f.server.URL}, e)

		f.with(func() { f.index = posts(answering(code, 0)) })
		e, err = d.Describe(t.Context())
		require.NoError(t, err)
		require.Equal(t, controller.Endpoint{Address: f.server.URL, Version: "v1.35.0"}, e)
	}
	f := newFake(t, true)
	f.with(func() { f.user = "" })
	e, err := newDriver(t, f).Describe(t.Context())
	require.NoError(t, err)
	require.Empty(t, e.User)
	f.with(func() { f.index = posts(answering(503, 0)) })
	_, err = newDriver(t, f).Describe(t.Context())
	require.NoError(t, err, "who asks is worth knowing, and no more")
}

// posts is a fault of what is posted alone.
func posts(fail fault) fault {
	return func(w http.ResponseWriter, r *http.Request) bool { return r.Method == http.MethodPost && fail(w, r) }
}

func TestDescribe_OfNoUse(t *testing.T) {
	f := newFake(t, true)
	d := newDriver(t, f)
	for want, fail := range map[string]fault{
		"/version answered 503: not now":                                           answering(503, 0),
		"/version answered 400: not now":                                           answering(400, 0),
		f.server.URL + " answers, but says no version: is it an API server?":       replying(200, `{"status":"success"}`),
		`/version answered 200: an HTML page, "Log in"`:                            replying(200, "<html><title>Log in</title></html>"),
		`/version answered 404: an HTML page, "nginx"`:                             replying(404, "<html><title>nginx</title></html>"),
		"/version answered 302 Found; " + f.server.URL + " redirects to https://x": moved,
	} {
		f.with(func() { f.index = fail })
		e, err := d.Describe(t.Context())
		require.ErrorContains(t, err, want)
		require.NotErrorIs(t, err, controller.ErrUnauthorized)
		require.Equal(t, controller.Endpoint{Address: f.server.URL}, e, "where it is known")
	}
	f.with(func() { f.index, f.token = nil, "another" })
	_, err := d.Describe(t.Context())
	require.ErrorIs(t, err, controller.ErrUnauthorized)
	require.EqualError(t, err, "unauthorized: /version answered 401: Unauthorized; the API server does not take the credentials, "+
		"which may be about to be renewed: check the token or the kubeconfig")

	f.with(func() { f.index, f.token = nil, "" })
	f.with(func() { f.index = posts(answering(401, 0)) })
	_, err = d.Describe(t.Context())
	require.ErrorIs(t, err, controller.ErrUnauthorized, "anybody may ask for the version")

	f.with(func() { f.index, f.down = nil, true })
	_, err = d.Describe(t.Context())
	require.ErrorContains(t, err, "no answer from "+f.server.URL)
}

func moved(w http.ResponseWriter, r *http.Request) bool {
	http.Redirect(w, r, "https://x/login?secret", http.StatusFound)
	return true
}

func TestDescribe_ByWayOfRancher(t *testing.T) {
	w, r := newRancherWorld(t)
	e, err := w.driver.Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, r.URL+rancherPath, e.Address)
	require.Equal(t, "v1.35.0", e.Version)
	w.fake.with(func() { w.fake.index = replying(404, unknownBody) })
	_, err = w.driver.Describe(t.Context())
	require.ErrorContains(t, err, "Rancher says so: it has no cluster c-m-abc12")
	w.fake.with(func() { w.fake.index = replying(401, authBody) })
	_, err = w.driver.Describe(t.Context())
	require.ErrorIs(t, err, controller.ErrUnauthorized)
	require.ErrorContains(t, err, "Rancher does not take the token of "+r.TokenFile)
}

// TestRemedy: where nobody answers, what to look at is said.
func TestRemedy(t *testing.T) {
	for server, want := range map[string]string{
		"http://127.0.0.1:1":              "connection refused; is the API server up, and is that its address?",
		"http://alertscale.invalid:6443/": "; the name is not known here: is that the address of the API server?",
	} {
		file := kubeconfig(t, "clusters: [{name: c, cluster: {server: '"+server+"'}}]\n"+
			"contexts: [{name: it, context: {cluster: c}}]\ncurrent-context: it\n")
		d, err := New(Config{Kubeconfig: file}, Options{Now: time.Now})
		require.NoError(t, err)
		_, err = d.Describe(t.Context())
		require.ErrorContains(t, err, "no answer from "+strings.TrimSuffix(server, "/")+": ")
		require.ErrorContains(t, err, want)
	}
	f := newFake(t, true)
	d := newDriver(t, f)
	f.slow(time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := d.Describe(ctx)
	f.slow(0)
	require.ErrorContains(t, err, "; is the API server up, and does what is in between, such as a firewall, let requests through?")

	file := kubeconfig(t, "clusters: [{name: c, cluster: {server: '"+f.server.URL+"'}}]\n"+
		"contexts: [{name: it, context: {cluster: c}}]\ncurrent-context: it\n")
	d, err = New(Config{Kubeconfig: file}, Options{Now: time.Now})
	require.NoError(t, err)
	_, err = d.Describe(t.Context())
	require.ErrorContains(t, err, "; certificate-authority of the kubeconfig must hold who signed the API server's certificate")
}
