package rancher

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
)

func TestDescribe(t *testing.T) {
	for kind, user := range map[string]string{
		"project": "key KEY of environment 1a7", "environment": "key KEY of a container", "projectadmin": "key KEY of a container", "user": "key KEY of an account",
	} {
		f := newFake(t)
		f.with(func() { f.kind = kind })
		d := f.newDriver(t, Config{URL: f.server.URL + "/v1/projects/1a7"})
		for range 2 {
			e, err := d.Describe(t.Context())
			require.NoError(t, err)
			require.Equal(t, controller.Endpoint{Address: f.base(), User: user, Version: "v1.6.30"}, e)
		}
		require.Equal(t, []string{"GET /settings/rancher.server.version", "GET /settings/rancher.server.version"}, f.asked())
	}
}

func TestDescribe_WithoutTheVersion(t *testing.T) {
	f := newFake(t)
	f.with(func() { f.blind = true })
	e, err := f.driver.Describe(t.Context())
	require.NoError(t, err)
	require.Empty(t, e.Version)
	require.Empty(t, f.asked(), "what the key may not see is not asked for")

	f = newFake(t)
	f.faults("GET", "/settings", func(w http.ResponseWriter) { refuse(w, 500, "ServerError") })
	e, err = f.driver.Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, "key KEY of environment 1a7", e.User)
	require.Empty(t, e.Version)
}

func TestDescribe_OfNoUse(t *testing.T) {
	f := newFake(t)
	_, err := f.driver.Describe(t.Context())
	require.NoError(t, err)
	f.with(func() { f.secret = "another" })
	for range 2 { // with the session of before, and without one
		_, err = f.driver.Describe(t.Context())
		require.ErrorIs(t, err, controller.ErrUnauthorized)
		require.ErrorContains(t, err, "unauthorized: connect to "+f.server.URL+"/v2-beta: 401 Unauthorized")
		require.ErrorContains(t, err, "check access_key and secret_key")
	}
	f.with(func() { f.secret = "hush" })
	_, err = f.driver.Describe(t.Context())
	require.NoError(t, err)

	f.server.Close()
	e, err := f.driver.Describe(t.Context())
	require.ErrorContains(t, err, "connection refused")
	require.NotErrorIs(t, err, controller.ErrUnauthorized)
	require.Equal(t, f.base(), e.Address)
}
