package rancher_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/test/fakerancher/rancher"
)

var pool = rules.Ref{Driver: "rancher", Kind: "host", Name: "pool=web"}

// host makes one of the group; a machine of its own is made for it where it has a config.
func (b *bench) host(hostname string, spec rancher.HostSpec) string {
	spec.Project, spec.Hostname = b.server.Project(), hostname
	if spec.Labels == nil {
		spec.Labels = map[string]string{"pool": "web", "zone": "a"}
	}
	return b.server.AddHost(spec)
}

func foo() map[string]map[string]any {
	return map[string]map[string]any{"fooConfig": {"fooBar": "x", "diskSize": "10"}}
}

func (b *bench) hosts(n int) (ids []string) {
	for i := range n {
		ids = append(ids, b.host(fmt.Sprintf("web%02d", i+1), rancher.HostSpec{Configs: foo()}))
	}
	return ids
}

func (b *bench) plan(from, to int) engine.Change {
	b.t.Helper()
	c := engine.Change{From: from, To: to}
	var err error
	c.Plan, err = b.driver.Plan(b.t.Context(), pool, c)
	require.NoError(b.t, err)
	return c
}

func (b *bench) group(from, to int) error {
	return b.driver.Scale(b.t.Context(), pool, b.plan(from, to))
}

func (b *bench) hostnames() []string { return b.server.Hostnames(b.server.Project()) }

// settled waits until every host has come to rest.
func (b *bench) settled() {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		return !slices.ContainsFunc(b.server.Hosts(b.server.Project()), func(h rancher.Host) bool {
			return slices.Contains([]string{"registering", "provisioning", "activating", "deactivating", "removing"}, h.State)
		})
	}, 20*time.Second, 20*time.Millisecond)
}

// become waits until these are the hosts, and nothing moves any more.
func (b *bench) become(names ...string) {
	b.t.Helper()
	require.Eventually(b.t, func() bool { return slices.Equal(names, b.hostnames()) }, 20*time.Second, 20*time.Millisecond,
		"want %v", names)
	b.settled()
	time.Sleep(50 * time.Millisecond)
	require.Equal(b.t, names, b.hostnames())
}

func TestAGroupGrowsAndShrinks(t *testing.T) {
	b := newBench(t, rancher.Options{Speed: 10})
	b.hosts(2)
	require.Equal(t, engine.Observed{Count: 2, Ready: true}, b.observe(pool))
	c := b.plan(2, 4)
	require.JSONEq(t, `{"create":["web03","web04"]}`, string(c.Plan))
	require.NoError(t, b.driver.Scale(t.Context(), pool, c))
	require.Equal(t, engine.Observed{Count: 4}, b.observe(pool), "they count from their creation, and are not ready")
	require.Equal(t, []string{"web01", "web02", "web03", "web04"}, b.hostnames())
	b.settled()
	require.Equal(t, engine.Observed{Count: 4, Ready: true}, b.observe(pool))
	for _, h := range b.server.Hosts(b.server.Project()) {
		if h.Hostname != "" {
			require.Equal(t, map[string]string{"pool": "web", "zone": "a"}, h.Labels)
		}
	}
	require.NoError(t, b.group(4, 3))
	require.Equal(t, 3, b.observe(pool).Count, "one that is ordered to go does not count")
	b.become("web01", "web02", "web03")
	require.Equal(t, 3, b.observe(pool).Count)
	b.remove = rules.RemoveOldest
	require.NoError(t, b.group(3, 2))
	b.become("web02", "web03")
}

func TestTheCloneHasWhatMayBeSaidAtACreation(t *testing.T) {
	b := newBench(t, rancher.Options{})
	b.host("", rancher.HostSpec{Name: "web07"}) // custom, and older
	b.host("web01", rancher.HostSpec{Configs: foo(), State: "inactive", Hold: true})
	b.host("web02", rancher.HostSpec{Configs: foo()})
	b.server.Forget()
	require.NoError(t, b.group(3, 4))
	writes := b.server.Writes()
	require.Len(t, writes, 1)
	var body map[string]any
	require.NoError(t, json.Unmarshal([]byte(writes[0].Body), &body))
	require.Equal(t, "web08", body["hostname"])
	require.Equal(t, map[string]any{"pool": "web", "zone": "a"}, body["labels"])
	require.Contains(t, body, "fooConfig")
	for _, field := range []string{"name", "id", "uuid", "state", "barConfig", "hostTemplateId", "links"} {
		require.NotContains(t, body, field)
	}
}

func TestGroupsThatDoNotGrow(t *testing.T) {
	b := newBench(t, rancher.Options{})
	fact, _ := b.observe(pool).Obstacle()
	require.Equal(t, engine.ConditionUnscalable, fact.Type)
	require.Contains(t, fact.Text, "no host has the labels pool=web")

	b.host("", rancher.HostSpec{Name: "web01"})
	b.host("web02", rancher.HostSpec{})
	_, err := b.driver.Plan(t.Context(), pool, engine.Change{From: 2, To: 3})
	require.ErrorIs(t, err, controller.ErrInvalid)
	require.ErrorContains(t, err, "custom hosts cannot be cloned")
	_, err = b.driver.Plan(t.Context(), pool, engine.Change{From: 2, To: 0})
	require.ErrorIs(t, err, controller.ErrInvalid)
	_, err = b.driver.Plan(t.Context(), pool, engine.Change{From: 3, To: 2})
	require.ErrorIs(t, err, controller.ErrConflict)
	require.NoError(t, b.group(2, 1), "they go like any other")
	require.ErrorIs(t, b.driver.Scale(t.Context(), pool, engine.Change{From: 1, To: 2}), controller.ErrInvalid, "it has no plan")
}

func TestARemovalIsCapped(t *testing.T) {
	b := newBench(t, rancher.Options{Speed: 10})
	ids := b.hosts(6)
	for _, id := range []string{ids[1], ids[2]} {
		b.server.SetAgent(id, "disconnected")
	}
	b.server.SetState(ids[3], "inactive", false)
	require.Equal(t, 6, b.observe(pool).Count)
	require.NoError(t, b.group(6, 5))
	b.become("web01", "web02", "web03", "web05", "web06")
	b.remove = rules.RemoveOldest
	require.NoError(t, b.group(5, 2))
	b.become("web05", "web06")
}

// A host that was ordered a moment ago cannot be deleted yet.
func TestAHostThatIsNotMadeYet(t *testing.T) {
	b := newBench(t, rancher.Options{Speed: 10})
	b.hosts(2)
	require.NoError(t, b.group(2, 3))
	c := b.plan(3, 2)
	var busy *controller.ThrottledError
	require.ErrorAs(t, b.driver.Scale(t.Context(), pool, c), &busy)
	require.Eventually(t, func() bool { return b.driver.Scale(t.Context(), pool, c) == nil }, 20*time.Second, 20*time.Millisecond)
	b.become("web01", "web02")
}

func TestAHostThatNeverComesUp(t *testing.T) {
	b := newBench(t, rancher.Options{Speed: 10})
	b.hosts(2)
	b.server.SetFate(func(string) rancher.Fate { return rancher.NeverUp })
	require.NoError(t, b.group(2, 3))
	time.Sleep(200 * time.Millisecond)
	require.Equal(t, engine.Observed{Count: 3}, b.observe(pool))
	b.remove = rules.RemoveOldest
	require.NoError(t, b.group(3, 2))
	b.become("web01", "web02")
	require.Equal(t, engine.Observed{Count: 2, Ready: true}, b.observe(pool))
}

func TestAHostThatEndsInError(t *testing.T) {
	b := newBench(t, rancher.Options{Speed: 20})
	var told bytes.Buffer
	b.log = log.NewLogfmtLogger(log.NewSyncWriter(&told))
	b.driver = b.newDriver()
	b.hosts(2)
	b.server.SetFate(func(string) rancher.Fate { return rancher.EndsInError })
	require.NoError(t, b.group(2, 3))
	b.settled()
	for range 2 {
		require.Equal(t, engine.Observed{Count: 2, Ready: true}, b.observe(pool), "it leaves the group")
	}
	require.Equal(t, 1, bytes.Count(told.Bytes(), []byte("hostname=web03")), told.String())
	b.server.SetFate(nil)
	require.JSONEq(t, `{"create":["web04"]}`, string(b.plan(2, 3).Plan), "its name is not used again")
}

func TestDoublesOfAPlannedName(t *testing.T) {
	b := newBench(t, rancher.Options{Speed: 10})
	b.hosts(2)
	c := b.plan(2, 3)
	first := b.host("web03", rancher.HostSpec{Configs: foo()})
	b.host("web03", rancher.HostSpec{Configs: foo()})
	require.NoError(t, b.driver.Scale(t.Context(), pool, c))
	require.Equal(t, 3, b.observe(pool).Count)
	b.become("web01", "web02", "web03")
	require.False(t, b.server.Host(first).Removed, "the newer went")
}

func TestGroupsOfOneNameDoNotMeet(t *testing.T) {
	b := newBench(t, rancher.Options{})
	b.hosts(1)
	other := rules.Ref{Driver: "rancher", Kind: "host", Name: "zone=a"}
	mine := b.plan(1, 2)
	plan, err := b.driver.Plan(t.Context(), other, engine.Change{From: 1, To: 2})
	require.NoError(t, err)
	require.JSONEq(t, `{"create":["web02"]}`, string(mine.Plan))
	require.JSONEq(t, `{"create":["web03"]}`, string(plan))
}

func TestTheSameGroupInAnotherEnvironment(t *testing.T) {
	b := newBench(t, rancher.Options{})
	b.hosts(2)
	elsewhere := b.server.AddProject("elsewhere")
	b.server.AddHost(rancher.HostSpec{Project: elsewhere, Hostname: "web09", Labels: map[string]string{"pool": "web"}, Configs: foo()})
	b.server.SetAccessControl(false)
	b.driver = b.driverWith(rancher.Key{Access: "no", Secret: "body"}, b.server.URL()+"/projects/"+b.server.Project())
	require.Equal(t, 2, b.observe(pool).Count)
	require.NoError(t, b.group(2, 3))
	require.Equal(t, []string{"web01", "web02", "web03"}, b.hostnames())
}

func TestAKeyThatMayNotCreateHosts(t *testing.T) {
	b := newBench(t, rancher.Options{Speed: 10})
	b.hosts(3)
	b.driver = b.driverWith(b.server.AccountKey(rancher.Restricted, b.server.Project()), b.server.URL()+"/projects/"+b.server.Project())
	_, err := b.driver.Plan(t.Context(), pool, engine.Change{From: 3, To: 4})
	require.ErrorIs(t, err, controller.ErrForbidden)
	require.NoError(t, b.group(3, 2), "it may evacuate")
}
