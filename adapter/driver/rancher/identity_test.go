package rancher

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

func TestWhichEnvironment(t *testing.T) {
	for what, test := range map[string]struct {
		kind, path string
		want       string
		is         error
	}{
		"an environment's key":                 {kind: "project"},
		"and the same in the url":              {kind: "project", path: "/v1/projects/1a7"},
		"an environment's key and another url": {kind: "project", path: "/v2-beta/projects/1a5", want: "the key is of environment 1a7, the url names 1a5; check the url and the key", is: controller.ErrForbidden},
		"a container's key":                    {kind: "environment", path: "/v1"},
		"a container's key, url with project":  {kind: "environment", path: "/v2-beta/projects/1a7"},
		"a container's key and another url":    {kind: "environment", path: "/v2-beta/projects/1a5", want: "the key is of environment 1a7, the url names 1a5", is: controller.ErrForbidden},
		"a container's key, environmentAdmin":  {kind: "projectadmin", path: "/v1"},
		"an account's key":                     {kind: "user", path: "/v2-beta/projects/1a7/schemas"},
		"an account's key, no url":             {kind: "user", want: "the url names none; make it", is: controller.ErrInvalid},
		"an administrator's key":               {kind: "admin", path: "/v2-beta/projects/1a7"},
		"an administrator's key, no url":       {kind: "admin", want: "the url names none; make it", is: controller.ErrInvalid},
	} {
		t.Run(what, func(t *testing.T) {
			f := newFake(t)
			f.web(nil)
			f.with(func() { f.kind = test.kind })
			d := f.newDriver(t, Config{URL: f.server.URL + test.path})
			o, err := d.Observe(t.Context(), webRef())
			if test.want == "" {
				require.NoError(t, err)
				require.Equal(t, 3, o.Count)
				return
			}
			require.ErrorIs(t, err, test.is)
			require.ErrorContains(t, err, test.want)
		})
	}
}

// A server that names the kind of a key and no environment is believed no more than the url.
func TestAContainerKeyWithoutItsEnvironment(t *testing.T) {
	f := newFake(t)
	f.web(nil)
	f.faults("GET", "/services", func(w http.ResponseWriter) {
		w.Header().Set("X-API-ACCOUNT-KIND", "environment")
		reply(w, 200, object{"data": []object{}})
	})
	_, err := f.driver.Observe(t.Context(), webRef())
	require.ErrorIs(t, err, controller.ErrInvalid)
	require.ErrorContains(t, err, "the url names none")
}

func TestAContainerKeyThatHasNoRole(t *testing.T) {
	f := newFake(t)
	f.faults("GET", "", func(w http.ResponseWriter) {
		w.Header().Set("X-API-ACCOUNT-KIND", "agent")
		w.Header().Set("X-API-ACCOUNT-ID", "1a20")
		refuse(w, 404, "Not Found")
	})
	for range 2 {
		_, err := f.driver.Observe(t.Context(), webRef())
		require.ErrorIs(t, err, controller.ErrForbidden, "it is permanent")
		require.ErrorContains(t, err, "io.rancher.container.agent.role: environment beside io.rancher.container.create_agent: 'true'")
		require.ErrorContains(t, err, "access_key and secret_key_file")
	}
	require.Equal(t, 1, strings.Count(f.log.String(), "Rancher cannot be used"), f.log.String())
	require.Contains(t, f.log.String(), "io.rancher.container.agent.role")

	f.with(func() { f.intercept = nil })
	f.web(nil)
	f.observe(t)
	require.Equal(t, 1, strings.Count(f.log.String(), "level=error"), "a session is there again")
	f.driver.connector.expire(f.driver.connector.current)
	f.faults("GET", "", func(w http.ResponseWriter) { refuse(w, 404, "Not Found") })
	_, err := f.driver.Observe(t.Context(), webRef())
	require.Error(t, err)
	require.Equal(t, 2, strings.Count(f.log.String(), "level=error"), "a new outage is logged again")
}

func TestAContainerKeyRemovesHostsAndCreatesNone(t *testing.T) {
	for _, kind := range []string{"environment", "projectadmin"} {
		f := newFake(t)
		f.with(func() { f.kind = kind })
		for i := range 3 {
			f.host(i+1, nil)
		}
		require.Equal(t, engine.Observed{Count: 3, Ready: true}, f.count(t))
		refusal := func(err error) {
			t.Helper()
			require.ErrorIs(t, err, controller.ErrForbidden)
			require.ErrorContains(t, err, "host pool=web: the key may not create hosts; a container's key only removes them: set access_key and secret_key_file to an API key of the environment")
			for _, r := range f.asked() {
				require.True(t, strings.HasPrefix(r, "GET "), r)
			}
		}
		_, err := f.driver.Plan(t.Context(), pool, engine.Change{From: 3, To: 4})
		refusal(err)
		refusal(f.driver.Scale(t.Context(), pool, engine.Change{From: 3, To: 5, Plan: []byte(`{"create":["web04","web05"]}`)}))

		c := f.plan(t, 3, 2)
		require.JSONEq(t, `{"remove":["1h3"]}`, string(c.Plan))
		require.NoError(t, f.driver.Scale(t.Context(), pool, c))
		require.Equal(t, 2, f.count(t).Count)
	}
}

// An account's key that may not create hosts needs another role, not another key.
func TestAnAccountThatMayNotCreateHosts(t *testing.T) {
	f := newFake(t)
	f.host(1, nil)
	f.with(func() { f.kind, f.collection = "user", []string{"GET"} })
	d := f.newDriver(t, Config{URL: f.server.URL + "/v2-beta/projects/1a7"})
	_, err := d.Plan(t.Context(), pool, engine.Change{From: 1, To: 2})
	require.ErrorIs(t, err, controller.ErrForbidden)
	require.ErrorContains(t, err, "the key may not create hosts; give it another role")
}
