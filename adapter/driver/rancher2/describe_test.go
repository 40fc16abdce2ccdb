package rancher2

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
)

func TestDescribe(t *testing.T) {
	f := newFake(t)
	d := f.driver(t)
	e, err := d.Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, controller.Endpoint{Address: f.server.URL, User: "scaler", Version: "v2.12.1"}, e)
	require.Equal(t, []string{"GET /v3/users", "GET /v3/settings/server-version"}, f.asked())

	f.with(func() { f.user = "" })
	e, err = d.Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, "u-abcde", e.User, "those of a directory have no user name")
}

func TestDescribe_WhatIsNotTold(t *testing.T) {
	f := newFake(t)
	d := f.driver(t)
	for _, code := range []int{403, 404, 405} {
		f.fail(answering(code, 0), answering(code, 0))
		e, err := d.Describe(t.Context())
		require.NoError(t, err)
		require.Equal(t, controller.Endpoint{Address: f.server.URL}, e)
	}
	for range 2 { // of /v3 a scoped token is not taken
		f.fail(scopedTo("local"), scopedTo("local"), scopedTo("local"))
	}
	e, err := d.Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, controller.Endpoint{Address: f.server.URL}, e)
}

// scopedTo is a fault of what a token that is scoped to a cluster is not good for.
func scopedTo(cluster string) fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/k8s/clusters/"+cluster+"/") {
			return false
		}
		reply(w, 401, object{"type": "error", "status": "401", "message": "Unauthorized 401: must authenticate"})
		return true
	}
}

func TestDescribe_OfNoUse(t *testing.T) {
	f := newFake(t)
	d := f.driver(t)
	for want, fail := range map[string]fault{
		"/v3/users?me=true answered 503: not now": answering(503, 0),
		"/v3/users?me=true answered with no JSON: <html>log in</html>; is it Rancher's API, with no login in front?": saying(200, "<html>log in</html>"),
		"/v3/users?me=true answered 302 Found": saying(302, ""),
	} {
		f.fail(fail)
		_, err := d.Describe(t.Context())
		require.EqualError(t, err, want)
	}
	f.fail(noFault(), answering(500, 0))
	e, err := d.Describe(t.Context())
	require.ErrorContains(t, err, "/v3/settings/server-version answered 500: not now")
	require.Equal(t, "scaler", e.User)

	f.with(func() { f.token = "token-abcde:another" })
	_, err = d.Describe(t.Context())
	require.ErrorIs(t, err, controller.ErrUnauthorized)
	require.EqualError(t, err, "unauthorized: "+f.server.URL+"; "+notTaken)

	f.with(func() { f.down = true })
	_, err = d.Describe(t.Context())
	require.ErrorContains(t, err, "no answer from "+f.server.URL)
}

// noFault is a fault that is none.
func noFault() fault { return func(http.ResponseWriter, *http.Request) bool { return false } }
