package rancher_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"alertscale/test/fakerancher/rancher"
)

// What a write of scale leads to, by state.
func TestWritesByState(t *testing.T) {
	for _, one := range []struct {
		state  string
		status int
		then   string // with the write in it, whatever else happens
		end    string // when everything has come to rest
		runs   int
	}{
		{"requested", 409, "requested", "active", 2},
		{"registering", 409, "registering", "active", 2},
		{"inactive", 200, "updating-inactive", "inactive", 0},
		{"activating", 200, "activating", "active", 5},
		{"active", 200, "updating-active", "active", 5},
		{"updating-active", 200, "updating-active", "active", 5},
		{"updating-inactive", 200, "updating-inactive", "inactive", 0},
		{"deactivating", 409, "deactivating", "inactive", 0},
		{"restarting", 409, "restarting", "active", 2},
		{"upgrading", 200, "upgrading", "upgraded", 5},
		{"upgraded", 200, "upgraded", "upgraded", 2},
		{"finishing-upgrade", 200, "finishing-upgrade", "active", 5},
		{"canceling-upgrade", 200, "canceling-upgrade", "canceled-upgrade", 2},
		{"canceled-upgrade", 200, "canceled-upgrade", "canceled-upgrade", 2},
		{"rolling-back", 200, "rolling-back", "active", 5},
		{"removing", 409, "removing", "removed", 0},
		{"removed", 409, "removed", "removed", 0},
	} {
		t.Run(one.state, func(t *testing.T) {
			s, h := start(t)
			spec := rancher.ServiceSpec{Stack: s.AddStack(s.Project(), "shop"), Name: "web", Scale: 2, State: one.state}
			id := s.AddService(spec)
			c := with(t, s, s.ProjectKey())
			status, body := c.call("PUT", "services/"+id, `{"scale":5}`)
			assert.Equal(t, one.status, status)
			if status == 200 {
				assert.Equal(t, one.then, body["state"])
				assert.EqualValues(t, 5, body["scale"])
			}
			assert.Equal(t, one.then, s.Service(id).State)
			h.pass(time.Minute)
			got := s.Service(id)
			assert.Equal(t, one.end, got.State)
			assert.Equal(t, map[int]int{200: 5, 409: 2}[status], got.Scale)
			assert.Equal(t, one.runs, got.Running)
			assert.Equal(t, "no", got.Transitioning)
		})
	}
}

func TestHeldStates(t *testing.T) {
	s, h := start(t)
	stack := s.AddStack(s.Project(), "shop")
	id := s.AddService(rancher.ServiceSpec{Stack: stack, Name: "web", Scale: 2, State: "registering", Hold: true})
	h.pass(time.Hour)
	assert.Equal(t, "registering", s.Service(id).State)
	assert.Equal(t, "yes", s.Service(id).Transitioning)
	s.SetState(id, "registering", false)
	h.pass(time.Minute)
	assert.Equal(t, "active", s.Service(id).State)

	s.Break(id, "no room")
	assert.Equal(t, "no room", s.Service(id).Message)
	s.SetScale(id, 7)
	h.pass(time.Minute)
	assert.Equal(t, rancher.Service{
		ID: id, Name: "web", State: "active", Transitioning: "no", Scale: 7, CurrentScale: 7, Running: 7,
	}, s.Service(id))
	s.Remove(id)
	h.pass(time.Minute)
	again := s.AddService(rancher.ServiceSpec{Stack: stack, Name: "web"})
	assert.NotEqual(t, id, again)
	assert.Equal(t, rancher.Service{}, s.Service("1s99"))
}

func TestKindsOfServices(t *testing.T) {
	s, _ := start(t)
	stack := s.AddStack(s.Project(), "shop")
	c := with(t, s, s.ProjectKey())
	global := s.AddService(rancher.ServiceSpec{
		Stack: stack, Name: "everywhere", Scale: 1, Labels: map[string]string{"io.rancher.scheduler.global": "true"},
	})
	assert.Equal(t, 2, s.Service(global).Running)
	s.AddHost(rancher.HostSpec{Project: s.Project(), Hostname: "web01"})
	assert.Equal(t, 3, s.Service(global).CurrentScale, "a new host gets one")

	policy := s.AddService(rancher.ServiceSpec{
		Stack: stack, Name: "policy", Scale: 1, Fields: map[string]any{"scalePolicy": map[string]any{"min": 1, "max": 4}},
	})
	assert.Equal(t, 4, s.Service(policy).CurrentScale)
	external := s.AddService(rancher.ServiceSpec{Stack: stack, Name: "external", Kind: "externalService"})
	_, body := c.call("GET", "services/"+external, "")
	assert.NotContains(t, body, "scale")
	sides := s.AddService(rancher.ServiceSpec{Stack: stack, Name: "sides", Scale: 2, Sidekicks: []string{"log"}, Ports: []string{"80:80"}})
	assert.Equal(t, 4, s.Service(sides).Running)
	_, body = c.call("GET", "services/"+sides, "")
	assert.Len(t, body["publicEndpoints"], 2)
	assert.Len(t, body["secondaryLaunchConfigs"], 1)
	assert.Len(t, c.names("containers?limit=1000"), 3+4+4)
	assert.Len(t, c.names("stacks/"+stack+"/instances?limit=1000"), 3+4+4)
}

func TestHostsInStates(t *testing.T) {
	s, h := start(t)
	c := with(t, s, s.ProjectKey())
	config := map[string]map[string]any{"fooConfig": {"diskSize": "10"}}
	made := s.AddHost(rancher.HostSpec{
		Project: s.Project(), Hostname: "web01", State: "provisioning", Hold: true, Labels: map[string]string{"pool": "web"}, Configs: config,
	})
	custom := s.AddHost(rancher.HostSpec{Project: s.Project(), Name: "iron", Agent: "reconnecting", Labels: map[string]string{"pool": "web"}})
	h.pass(time.Hour)
	_, body := c.call("GET", "hosts/"+made, "")
	assert.Equal(t, "provisioning", body["state"])
	assert.Equal(t, map[string]any{"diskSize": "10"}, body["fooConfig"])
	_, body = c.call("GET", "hosts/"+custom, "")
	assert.Equal(t, "reconnecting", body["state"])
	assert.Nil(t, body["hostname"])
	assert.Equal(t, "iron", body["name"])
	s.SetAgent(custom, "inactive")
	_, body = c.call("GET", "hosts/"+custom, "")
	assert.Equal(t, "inactive", body["state"])
	assert.NotContains(t, body["actions"], "activate", "it is the agent that is, not the host")
	assert.Equal(t, 405, c.status("DELETE", "hosts/"+custom, ""))
	s.SetState(custom, "inactive", false)
	_, body = c.call("GET", "hosts/"+custom, "")
	assert.Contains(t, body["actions"], "activate")

	s.Remove(made)
	h.pass(time.Minute)
	got := s.Host(made)
	assert.True(t, got.Removed)
	assert.Equal(t, map[string]string{"pool": "web"}, got.Labels)
	assert.Equal(t, rancher.Host{}, s.Host("1h99"))
	require.Len(t, c.names("hosts"), 3)
}

func TestSpeed(t *testing.T) {
	h := &hands{time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	s := rancher.Start(t, rancher.Options{Now: h.now, Speed: 10})
	id := s.AddService(rancher.ServiceSpec{Stack: s.AddStack(s.Project(), "shop"), Name: "web", Scale: 1})
	s.SetScale(id, 2)
	h.pass(30 * time.Millisecond)
	assert.Equal(t, "updating-active", s.Service(id).State)
	h.pass(5 * time.Millisecond)
	assert.Equal(t, "active", s.Service(id).State)
}
