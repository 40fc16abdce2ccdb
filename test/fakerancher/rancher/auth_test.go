package rancher_test

import (
	"net/http/httptest"
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

// What a container's key may do, by the label io.rancher.container.agent.role.
func TestContainerKeys(t *testing.T) {
	s, _ := start(t)
	service := s.AddServices(s.AddStack(s.Project(), "shop"), "p", 1)[0]
	foreign := s.AddServices(s.AddStack(s.AddProject("other"), "shop"), "q", 1)[0]
	host := s.AddHost(rancher.HostSpec{Project: s.Project(), Hostname: "web01"})
	event := `{"eventType":"host.evacuate","hostId":"` + host + `","deleteHost":true}`
	for role, kind := range map[rancher.Role]string{rancher.Container: "environment", rancher.ContainerAdmin: "projectadmin"} {
		c := with(t, s, s.ContainerKey(s.Project(), role))
		for _, in := range []string{"", "projects/" + s.Project() + "/"} {
			_, _, header, err := c.try("GET", in+"services", "")
			assert.NoError(t, err)
			assert.Equal(t, []string{kind, s.Project(), s.Project(), "env"}, []string{
				header.Get("X-API-ACCOUNT-KIND"), header.Get("X-API-ACCOUNT-ID"), header.Get("X-API-USER-ID"), header.Get("X-API-ACCOUNT-NAME"),
			})
			assert.Equal(t, []any{"p000"}, c.names(in+"services"))
			assert.Equal(t, 200, c.status("PUT", in+"services/"+service, `{"scale":2}`))
			assert.Equal(t, 405, c.status("POST", in+"hosts", `{"hostname":"web02","fooConfig":{}}`))
			assert.Equal(t, 201, c.status("POST", in+"externalhostevents", event))
			_, schema := c.call("GET", in+"schemas/host", "")
			assert.Equal(t, []any{"GET"}, schema["collectionMethods"])
			assert.Contains(t, schema["resourceMethods"], "DELETE")
		}
		assert.Equal(t, 404, c.status("GET", "services/"+foreign, ""))
		assert.Equal(t, 403, c.status("GET", "projects/1a5/services", ""))
	}
}

func TestAContainerKeyWithoutARole(t *testing.T) {
	s, _ := start(t)
	s.AddServices(s.AddStack(s.Project(), "shop"), "p", 1)
	c := with(t, s, s.ContainerKey(s.Project(), rancher.Roleless))
	for _, path := range []string{"services?limit=1", "stacks", "hosts", "externalhostevents", "projects", "schemas/service"} {
		status, body, header, err := c.try("GET", path, "")
		assert.NoError(t, err)
		assert.Equal(t, 404, status, path)
		assert.Equal(t, "Not Found", body["code"], path)
		assert.Equal(t, "agent", header.Get("X-API-ACCOUNT-KIND"))
		assert.NotEmpty(t, header.Get("X-API-Schemas"))
	}
	assert.Empty(t, c.names("schemas"))
	assert.Equal(t, 403, c.status("GET", "projects/"+s.Project()+"/services", ""))
}

func TestContainerEnv(t *testing.T) {
	s, _ := start(t)
	key := s.ContainerKey(s.Project(), rancher.Container)
	assert.Equal(t, []string{"CATTLE_URL=http://" + s.Address() + "/v1", "CATTLE_ACCESS_KEY=" + key.Access, "CATTLE_SECRET_KEY=" + key.Secret}, s.ContainerEnv(key))
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	s, _ := start(t)
	for _, key := range []rancher.Key{s.ProjectKey(), {}} {
		_, _, header, err := with(t, s, key).try("GET", "services", "")
		assert.NoError(t, err)
		assert.Equal(t, "127.0.0.1", header.Get("X-API-Client-IP"))
		assert.NotEmpty(t, header.Get("X-API-Schemas"))
	}
	_, _, header, err := with(t, s, s.ProjectKey()).try("GET", "services", "")
	assert.NoError(t, err)
	assert.Equal(t, "env", header.Get("X-API-ACCOUNT-NAME"))

	req := httptest.NewRequest("GET", "/v2-beta/services", nil)
	req.Header.Set("X-Forwarded-For", "192.0.2.7, 10.0.0.1")
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, req)
	assert.Equal(t, []string{"192.0.2.7"}, answer.Header()["X-API-Client-IP"]) //nolint:staticcheck // Rancher writes it so
	assert.NotContains(t, answer.Header(), "X-API-ACCOUNT-NAME", "nobody is known yet")
}
