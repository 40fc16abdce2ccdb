package rancher_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	driver "alertscale/adapter/driver/rancher"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/test/fakerancher/rancher"
)

// may is what a key may do: read and scale a service, add a host, remove a host.
type may struct{ service, add, remove bool }

// TestEveryKindOfKey: what the driver does with each kind of key that Rancher knows, and what it says where it
// does nothing.
func TestEveryKindOfKey(t *testing.T) {
	for what, test := range map[string]struct {
		key     func(*rancher.Server) rancher.Key
		project bool // the url names it
		may     may
		says    string
	}{
		"an environment's":                       {(*rancher.Server).ProjectKey, false, may{true, true, true}, ""},
		"an environment's, named":                {(*rancher.Server).ProjectKey, true, may{true, true, true}, ""},
		"an owner's":                             {(*rancher.Server).UserKey, true, may{true, true, true}, ""},
		"an owner's, environment not named":      {(*rancher.Server).UserKey, false, may{}, "the url names none; make it"},
		"a member's":                             {account(rancher.Member), true, may{true, true, true}, ""},
		"a restricted member's":                  {account(rancher.Restricted), true, may{true, false, true}, "the key may not create hosts; give it another role"},
		"a reader's":                             {account(rancher.ReadOnly), true, may{}, "its role there is readonly"},
		"a container's":                          {container(rancher.Container), false, may{true, false, true}, "set access_key and secret_key_file to an API key of the environment"},
		"a container's, named":                   {container(rancher.Container), true, may{true, false, true}, "set access_key and secret_key_file to an API key of the environment"},
		"a container's with environmentAdmin":    {container(rancher.ContainerAdmin), false, may{true, false, true}, "set access_key and secret_key_file to an API key of the environment"},
		"a container's without a role":           {container(rancher.Roleless), false, may{}, "io.rancher.container.agent.role: environment beside io.rancher.container.create_agent: 'true'"},
		"a container's without a role, named":    {container(rancher.Roleless), true, may{}, "there is no environment"},
		"one that is unknown":                    {func(*rancher.Server) rancher.Key { return rancher.Key{Access: "no", Secret: "body"} }, false, may{}, "check access_key and secret_key"},
		"one that was revoked":                   {revoked, false, may{}, "check access_key and secret_key"},
		"an environment's, another one is named": {foreign, true, may{}, "there is no environment"},
	} {
		t.Run(what, func(t *testing.T) {
			b := newBench(t, rancher.Options{Speed: 20})
			b.hosts(3)
			web := b.add(rancher.ServiceSpec{Scale: 2})
			url := strings.Replace(b.server.URL(), "/v2-beta", "/v1", 1)
			if test.project {
				url += "/projects/" + b.server.Project()
			}
			b.driver = b.driverWith(test.key(b.server), url)
			b.server.Forget()

			var said error
			did := may{service: done(&said, b.tryService(web)), add: done(&said, b.tryHosts(3, 4))}
			b.settled()
			count := len(b.hostnames())
			did.remove = done(&said, b.tryHosts(count, count-1))
			require.Equal(t, test.may, did, "%v", said)
			if test.says != "" {
				require.ErrorContains(t, said, test.says)
			}
			for _, r := range b.server.Writes() {
				require.Less(t, r.Status, 300, "nothing is asked for that the key may not do: %s %s", r.Method, r.Path)
			}
		})
	}
}

func account(role rancher.Role) func(*rancher.Server) rancher.Key {
	return func(s *rancher.Server) rancher.Key { return s.AccountKey(role, s.Project()) }
}

func container(role rancher.Role) func(*rancher.Server) rancher.Key {
	return func(s *rancher.Server) rancher.Key { return s.ContainerKey(s.Project(), role) }
}

func revoked(s *rancher.Server) rancher.Key {
	key := s.EnvironmentKey(s.Project())
	s.Revoke(key)
	return key
}

func foreign(s *rancher.Server) rancher.Key { return s.EnvironmentKey("1a5") }

// done reports whether a call was carried out, and keeps its error.
func done(said *error, err error) bool {
	if err != nil {
		*said = err
	}
	return err == nil
}

func (b *bench) tryService(ref rules.Ref) error {
	o, err := b.driver.Observe(b.t.Context(), ref)
	if err != nil {
		return err
	}
	return b.driver.Scale(b.t.Context(), ref, engine.Change{From: o.Count, To: o.Count + 1, Version: o.Version})
}

func (b *bench) tryHosts(from, to int) error {
	c := engine.Change{From: from, To: to}
	var err error
	if c.Plan, err = b.driver.Plan(b.t.Context(), pool, c); err != nil {
		return err
	}
	return b.driver.Scale(b.t.Context(), pool, c)
}

// With access control off any key is taken, a container's as itself.
func TestAContainerKeyWhereAccessControlIsOff(t *testing.T) {
	b := newBench(t, rancher.Options{})
	b.hosts(1)
	b.server.SetAccessControl(false)
	b.driver = b.driverWith(b.server.ContainerKey(b.server.Project(), rancher.Container), b.server.URL())
	require.NoError(t, b.tryService(b.add(rancher.ServiceSpec{Scale: 2})))
	require.ErrorIs(t, b.tryHosts(1, 2), controller.ErrForbidden)
}

// A plan that was made with another key is not begun with a container's; a removal is carried on.
func TestAPlanThatAContainerKeyFinds(t *testing.T) {
	b := newBench(t, rancher.Options{Speed: 10})
	b.hosts(2)
	grow := b.plan(2, 4)
	b.driver = b.driverWith(b.server.ContainerKey(b.server.Project(), rancher.Container), b.server.URL())
	b.server.Forget()
	err := b.driver.Scale(t.Context(), pool, grow)
	require.ErrorIs(t, err, controller.ErrForbidden)
	require.NotErrorIs(t, err, controller.ErrPartial)
	require.Empty(t, b.server.Writes())
	require.NoError(t, b.tryHosts(2, 1))
	b.become("web01")
}

// In a container the block is empty: the url, with /v1, and the key are in the environment. A key of the file
// goes first, at the url of the container.
func TestWhatAContainerIsGiven(t *testing.T) {
	b := newBench(t, rancher.Options{})
	b.hosts(1)
	given := map[string]string{}
	for _, pair := range b.server.ContainerEnv(b.server.ContainerKey(b.server.Project(), rancher.Container)) {
		name, value, _ := strings.Cut(pair, "=")
		given[name] = value
	}
	require.True(t, strings.HasSuffix(given["CATTLE_URL"], "/v1"))
	options := driver.Options{
		Getenv: func(name string) string { return given[name] },
		Group:  func(rules.Ref) ([]rules.Label, rules.Remove, bool) { return b.pairs, b.remove, true },
	}
	var err error
	b.driver, err = driver.New(driver.Config{}, options)
	require.NoError(t, err)
	require.NoError(t, b.tryService(b.add(rancher.ServiceSpec{Scale: 2})))
	require.ErrorIs(t, b.tryHosts(1, 2), controller.ErrForbidden)

	key, file := b.server.ProjectKey(), filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte(key.Secret+"\n"), 0o600))
	b.driver, err = driver.New(driver.Config{AccessKey: key.Access, SecretKeyFile: file}, options)
	require.NoError(t, err)
	require.NoError(t, b.tryHosts(1, 2))
}
