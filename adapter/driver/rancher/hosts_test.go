package rancher

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

var pool = rules.Ref{Driver: "rancher", Kind: "host", Name: "pool=web"}

// host is one of the group, made by Rancher where more does not say otherwise.
func (f *fake) host(n int, more object) object {
	h := object{
		"id": fmt.Sprintf("1h%d", n), "type": "host", "accountId": "1a7", "state": "active", "agentState": "active", "hostname": fmt.Sprintf("web%02d", n),
		"name": "machine", "createdTS": n, "labels": object{"pool": "web"}, "fooConfig": object{"size": 12345678901234567}, "barConfig": nil, "actions": object{},
	}
	maps.Copy(h, more)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.things["host"] = append(f.things["host"], h)
	return h
}

func (f *fake) count(t *testing.T) engine.Observed {
	t.Helper()
	o, err := f.driver.Observe(t.Context(), pool)
	require.NoError(t, err)
	return o
}

func (f *fake) plan(t *testing.T, from, to int) engine.Change {
	t.Helper()
	c := engine.Change{From: from, To: to}
	var err error
	c.Plan, err = f.driver.Plan(t.Context(), pool, c)
	require.NoError(t, err)
	return c
}

func TestWhichHostsCount(t *testing.T) {
	f := newFake(t)
	for i, state := range []string{"active", "registering", "inactive", "disconnected", "deactivating", "error", "removing", "removed", "purged"} {
		f.host(i+1, object{"state": state})
	}
	f.host(20, object{"labels": object{"pool": "db"}})
	f.host(21, object{"labels": object{"Pool": "web"}})
	f.host(22, object{"labels": nil})
	f.host(23, object{"accountId": "1a5"})
	require.Equal(t, engine.Observed{Count: 5}, f.count(t))

	f.with(func() {
		f.things["externalHostEvent"] = []object{{"eventType": "host.evacuate", "hostId": "1h5", "deleteHost": true, "state": "created"}}
	})
	require.Equal(t, 5, f.count(t).Count, "what the driver looked up it knows")
	f.driver = f.newDriver(t, Config{})
	require.Equal(t, 4, f.count(t).Count, "one that an event removes does not count")
}

func TestManyHosts(t *testing.T) {
	f := newFake(t)
	for i := range 250 {
		f.host(i+1, nil)
	}
	require.Equal(t, engine.Observed{Count: 250, Ready: true}, f.count(t))
	require.JSONEq(t, `{"create":["web251"]}`, string(f.plan(t, 250, 251).Plan))
}

func TestTheOrderOfRemoval(t *testing.T) {
	hosts := []object{
		{"state": "active"}, {"state": "provisioning"}, {"state": "inactive", "actions": object{"activate": "http://"}},
		{"state": "active", "agentState": "reconnecting"}, {"state": "registering"}, {"state": "disconnected"}, {"state": "active"},
		{"state": "inactive"}, // by its agent: its own state is active
	}
	for first, want := range map[rules.Remove][]string{
		rules.RemoveNewest: {"1h5", "1h2", "1h6", "1h4", "1h3", "1h8", "1h7", "1h1"},
		rules.RemoveOldest: {"1h2", "1h5", "1h3", "1h4", "1h6", "1h1", "1h7", "1h8"},
	} {
		f := newFake(t)
		for i, more := range hosts {
			f.host(i+1, more)
		}
		s, err := f.driver.connector.session(t.Context())
		require.NoError(t, err)
		g, err := f.driver.group(t.Context(), s, pool)
		require.NoError(t, err)
		g.first = first
		var got []string
		for _, h := range g.inOrder() {
			got = append(got, h.ID)
		}
		require.Equal(t, want, got, first)
	}
}

func TestHostsGoInTheWayOfTheirState(t *testing.T) {
	for state, want := range map[string]string{
		"active": "POST /externalhostevents", "inactive": "POST /externalhostevents", "disconnected": "POST /externalhostevents", "reconnecting": "POST /externalhostevents",
		"registering": "DELETE /hosts/1h2", "provisioning": "DELETE /hosts/1h2", "activating": "DELETE /hosts/1h2", "error": "DELETE /hosts/1h2",
		"removing": "", "removed": "", "purged": "",
	} {
		f := newFake(t)
		f.host(1, nil)
		h := f.host(2, nil)
		c := f.plan(t, 2, 1)
		f.set(h, object{"state": state})
		f.asked()
		require.NoError(t, f.driver.Scale(t.Context(), pool, c), state)
		got := slices.DeleteFunc(f.asked(), func(r string) bool { return r[:3] == "GET" })
		require.Equal(t, want, fmt.Sprint(slices.Concat(got, []string{""})[0]), state)
		require.Equal(t, 1, f.count(t).Count, state)
	}
}

// Rancher does not delete a host that is not far enough made, or that has just come up. The client drops the body
// of the refusal.
func TestADeletionThatIsRefused(t *testing.T) {
	for _, status := range []int{404, 405, 409} {
		f := newFake(t)
		f.host(1, nil)
		h := f.host(2, object{"state": "registering"})
		c := f.plan(t, 2, 1)
		f.faults("DELETE", "/hosts/1h2", func(w http.ResponseWriter) { refuse(w, status, http.StatusText(status)) })
		err := f.driver.Scale(t.Context(), pool, c)
		var busy *controller.ThrottledError
		require.ErrorAs(t, err, &busy, status)
		require.ErrorContains(t, err, "host pool=web: remove 1h2: ")
		require.ErrorContains(t, err, "it is read and tried again")
		f.with(func() { f.intercept = nil })
		f.set(h, object{"state": "active"})
		require.NoError(t, f.driver.Scale(t.Context(), pool, c), "as one that is up")
		require.Len(t, f.things["externalHostEvent"], 1)
	}
}

func TestAHostThatSomebodyDeactivates(t *testing.T) {
	f := newFake(t)
	f.host(1, nil)
	h := f.host(2, object{"state": "deactivating"})
	c := f.plan(t, 2, 1)
	require.ErrorContains(t, f.driver.Scale(t.Context(), pool, c), "somebody deactivates it; it is removed once that is over")
	f.set(h, object{"state": "inactive"})
	require.NoError(t, f.driver.Scale(t.Context(), pool, c))
	require.Len(t, f.things["externalHostEvent"], 1)
	require.NoError(t, f.driver.Scale(t.Context(), pool, c))
	require.Len(t, f.things["externalHostEvent"], 1, "it is on its way")
}

func TestAnOrderThatTheServerIgnored(t *testing.T) {
	f := newFake(t)
	f.host(1, nil)
	h := f.host(2, nil)
	require.NoError(t, f.driver.Scale(t.Context(), pool, f.plan(t, 2, 1)))
	f.set(h, object{"state": "active"})
	require.Equal(t, 1, f.count(t).Count)
	f.ahead.Add(int64(5 * time.Minute))
	require.Equal(t, 2, f.count(t).Count)
}

func TestTheClone(t *testing.T) {
	f := newFake(t)
	f.host(1, object{"fooConfig": nil, "hostname": nil, "name": "custom"})
	f.host(2, object{"barConfig": object{"x": 1}}) // of two drivers: which made it?
	f.host(3, object{"hostTemplateId": "1ht1", "state": "disconnected"})
	f.host(10, nil)
	f.host(9, object{"createdTS": 10})
	require.NoError(t, f.driver.Scale(t.Context(), pool, f.plan(t, 5, 6)))
	made, _ := json.Marshal(f.things["host"][5])
	require.JSONEq(t, `{"id":"1h105","accountId":"1a7","state":"registering","createdTS":1005,"hostname":"web11","labels":{"pool":"web"},"fooConfig":{"size":12345678901234567}}`, string(made))
	require.Equal(t, engine.Observed{Count: 6}, f.count(t))

	f.with(func() { f.things["host"] = f.things["host"][2:3]; f.things["host"][0]["state"] = "active" })
	require.NoError(t, f.driver.Scale(t.Context(), pool, f.plan(t, 1, 2)))
	require.Equal(t, "1ht1", f.things["host"][1]["hostTemplateId"])
	require.NotContains(t, f.things["host"][1], "fooConfig", "the template says it")
}

func TestALostAnswerOfACreation(t *testing.T) {
	f := newFake(t)
	f.host(1, nil)
	c := f.plan(t, 1, 3)
	f.with(func() {
		f.intercept = func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method == "POST" {
				f.host(202, object{"hostname": "web02"})
				panic(http.ErrAbortHandler)
			}
			return false
		}
	})
	require.Error(t, f.driver.Scale(t.Context(), pool, c))
	f.with(func() { f.intercept = nil })
	f.driver = f.newDriver(t, Config{})
	require.NoError(t, f.driver.Scale(t.Context(), pool, c))
	require.Len(t, f.things["host"], 3)

	f.host(300, object{"hostname": "web03", "createdTS": 5000}) // one that landed late, and is the newer
	require.NoError(t, f.driver.Scale(t.Context(), pool, c))
	require.Equal(t, 3, f.count(t).Count)
}

func TestChangesOfHostsThatAreRefused(t *testing.T) {
	f := newFake(t)
	fact, _ := f.count(t).Obstacle()
	require.Equal(t, engine.ConditionUnscalable, fact.Type)
	f.host(1, object{"fooConfig": nil})
	for _, c := range []struct {
		from, to int
		is       error
		say      string
	}{
		{1, 2, controller.ErrInvalid, "custom hosts cannot be cloned"},
		{1, 0, controller.ErrInvalid, "make the target's min at least 1"},
		{2, 1, controller.ErrConflict, "it has 1 hosts and not 2"},
	} {
		_, err := f.driver.Plan(t.Context(), pool, engine.Change{From: c.from, To: c.to})
		require.ErrorIs(t, err, c.is)
		require.ErrorContains(t, err, c.say)
	}
	require.Nil(t, f.plan(t, 1, 1).Plan)
	require.NoError(t, f.driver.Scale(t.Context(), pool, engine.Change{From: 1, To: 1}))
	require.ErrorIs(t, f.driver.Scale(t.Context(), pool, engine.Change{From: 1, To: 2}), controller.ErrInvalid)
}
