package rancher_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"alertscale/test/fakerancher/rancher"
)

func TestKeysComeAndGo(t *testing.T) {
	s, _ := start(t)
	key := s.EnvironmentKey(s.Project())
	assert.Equal(t, 200, with(t, s, key).status("GET", "services", ""))
	next := s.Rotate(key)
	assert.Equal(t, 401, with(t, s, key).status("GET", "services", ""))
	assert.Equal(t, 200, with(t, s, next).status("GET", "services", ""))
	s.Revoke(next)
	assert.Equal(t, 401, with(t, s, next).status("GET", "services", ""))
	assert.Equal(t, 200, with(t, s, s.ProjectKey()).status("GET", "services", ""))
	assert.Equal(t, rancher.Key{}, s.Rotate(key))
}

func TestAccessControlOff(t *testing.T) {
	s, _ := start(t)
	other := s.AddProject("other")
	mine := s.AddServices(s.AddStack(s.Project(), "shop"), "p", 1)[0]
	theirs := s.AddServices(s.AddStack(other, "shop"), "q", 1)[0]
	s.SetAccessControl(false)
	for _, key := range []rancher.Key{{}, {Access: "x", Secret: "y"}} {
		anyone := with(t, s, key)
		_, _, header, err := anyone.try("GET", "services/"+theirs, "")
		assert.NoError(t, err)
		assert.Equal(t, "admin", header.Get("X-API-ACCOUNT-KIND"))
		assert.Equal(t, []any{"p000", "q000"}, anyone.names("services"))
		assert.Equal(t, []any{"q000"}, anyone.names("projects/"+other+"/services"))
		assert.Equal(t, 404, anyone.status("GET", "projects/"+other+"/services/"+mine, ""))
	}
	valid := with(t, s, s.ProjectKey())
	assert.Equal(t, []any{"p000"}, valid.names("services"), "a valid key acts as itself")
	assert.Equal(t, 404, valid.status("GET", "services/"+theirs, ""))
	assert.Equal(t, 403, valid.status("GET", "projects/"+other+"/services", ""))
	s.SetAccessControl(true)
	assert.Equal(t, 401, with(t, s, rancher.Key{}).status("GET", "services", ""))
}

func TestRoles(t *testing.T) {
	s, _ := start(t)
	service := s.AddServices(s.AddStack(s.Project(), "shop"), "p", 1)[0]
	host := s.AddHost(rancher.HostSpec{Project: s.Project(), Hostname: "web01"})
	in := "projects/" + s.Project() + "/"
	event := `{"eventType":"host.evacuate","hostId":"` + host + `","deleteHost":true}`
	for role, want := range map[rancher.Role][4]int{
		rancher.Owner:      {200, 200, 201, 202},
		rancher.Member:     {200, 200, 201, 202},
		rancher.Restricted: {200, 405, 201, 202},
		rancher.ReadOnly:   {405, 405, 405, 405},
	} {
		c := with(t, s, s.AccountKey(role, s.Project()))
		got := [4]int{
			c.status("PUT", in+"services/"+service, `{"scale":2}`), c.status("PUT", in+"hosts/"+host, `{"description":"x"}`),
			c.status("POST", in+"externalhostevents", event), c.status("POST", in+"services/"+service+"/?action=update", ""),
		}
		assert.Equal(t, want, got, role)
		_, schema := c.call("GET", in+"schemas/service", "")
		assert.Equal(t, role != rancher.ReadOnly, len(schema["resourceMethods"].([]any)) > 1, role)
		_, one := c.call("GET", in+"services/"+service, "")
		assert.Equal(t, role == rancher.ReadOnly, len(one["actions"].(map[string]any)) == 0, role)
	}
}

func TestSameNamesInTwoEnvironments(t *testing.T) {
	s, _ := start(t)
	other := s.AddProject("other")
	var ids, stacks []string
	for _, project := range []string{s.Project(), other} {
		stack := s.AddStack(project, "shop")
		stacks = append(stacks, stack)
		ids = append(ids, s.AddService(rancher.ServiceSpec{Stack: stack, Name: "web", Scale: 1}))
	}
	both := with(t, s, s.AccountKey(rancher.Owner, s.Project(), other))
	for i, project := range []string{s.Project(), other} {
		in := "projects/" + project + "/"
		assert.Equal(t, []any{"web"}, both.names(in+"services?name=web"))
		assert.Equal(t, []any{"shop"}, both.names(in+"stacks"))
		assert.Equal(t, []any{"web"}, both.names(in+"stacks/"+stacks[i]+"/services"))
		assert.Equal(t, 200, both.status("GET", in+"services/"+ids[i], ""))
		assert.Equal(t, 404, both.status("GET", in+"services/"+ids[1-i], ""))
		_, account := both.call("GET", in+"services/"+ids[i]+"/account", "")
		assert.Equal(t, project, account["id"])
	}
	mine := with(t, s, s.ProjectKey())
	assert.Equal(t, 404, mine.status("PUT", "services/"+ids[1], `{"scale":9}`))
	assert.Equal(t, 1, s.Scale(ids[1]))
}
