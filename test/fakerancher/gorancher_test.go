package main

import (
	"net/http"
	"testing"
	"time"

	gorancher "github.com/rancher/go-rancher/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"alertscale/test/fakerancher/rancher"
)

// dial connects Rancher's own client.
func dial(t *testing.T, url string, key rancher.Key) *gorancher.RancherClient {
	t.Helper()
	c, err := gorancher.NewRancherClient(&gorancher.ClientOpts{
		Url: url, AccessKey: key.Access, SecretKey: key.Secret, Timeout: 10 * time.Second,
	})
	require.NoError(t, err)
	return c
}

func TestGoRancherPages(t *testing.T) {
	server := rancher.Start(t, rancher.Options{})
	stack := server.AddStack(server.Project(), "many")
	ids := server.AddServices(stack, "p", 250)
	c := dial(t, server.URL(), server.ProjectKey())
	page, err := c.Service.List(&gorancher.ListOpts{Filters: map[string]any{"stackId": stack}})
	require.NoError(t, err)
	var found []string
	pages := 0
	for page != nil && len(page.Data) > 0 {
		pages++
		for _, s := range page.Data {
			found = append(found, s.Id)
		}
		page, err = page.Next()
		require.NoError(t, err)
	}
	assert.Equal(t, 3, pages)
	assert.Equal(t, ids, found)
}

func TestGoRancherService(t *testing.T) {
	server := rancher.Start(t, rancher.Options{Speed: 20})
	c := dial(t, server.URL(), server.ProjectKey())
	stack, err := c.Stack.Create(&gorancher.Stack{Name: "shop"})
	require.NoError(t, err)
	made, err := c.Service.Create(&gorancher.Service{
		Name: "web", StackId: stack.Id, Scale: 2, StartOnCreate: true, LaunchConfig: &gorancher.LaunchConfig{ImageUuid: "docker:web"},
	})
	require.NoError(t, err)
	active := func() *gorancher.Service {
		t.Helper()
		var s *gorancher.Service
		require.Eventually(t, func() bool {
			s, err = c.Service.ById(made.Id)
			return err == nil && s.State == "active" && s.Transitioning == "no"
		}, 10*time.Second, 5*time.Millisecond)
		return s
	}
	s := active()
	assert.EqualValues(t, 2, s.CurrentScale)

	updated, err := c.Service.Update(s, map[string]any{"scale": 3})
	require.NoError(t, err)
	assert.EqualValues(t, 3, updated.Scale)
	active()
	_, err = c.Service.Update(s, gorancher.Service{Scale: 0})
	require.NoError(t, err)
	assert.EqualValues(t, 3, active().Scale, "the struct's zero is not sent")
	_, err = c.Service.Update(s, map[string]any{"scale": 0})
	require.NoError(t, err)
	assert.EqualValues(t, 0, active().Scale)

	_, err = c.Service.ActionDeactivate(active())
	require.NoError(t, err)
	require.NoError(t, c.Service.Delete(s))
	require.Eventually(t, func() bool {
		gone, err := c.Service.ById(made.Id)
		return err == nil && gone.State == "removed" && gone.Removed != ""
	}, 10*time.Second, 5*time.Millisecond)
	none, err := c.Service.ById("1s999999")
	require.NoError(t, err)
	assert.Nil(t, none)
	_, err = c.Service.Update(s, map[string]any{"scale": 1})
	var failure *gorancher.ApiError
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, http.StatusConflict, failure.StatusCode)
}

func TestGoRancherHost(t *testing.T) {
	server := rancher.Start(t, rancher.Options{Speed: 100})
	c := dial(t, server.URL(), server.ProjectKey())
	var made gorancher.Host
	require.NoError(t, c.RancherBaseClient.Create("host", map[string]any{"hostname": "web01", "fooConfig": map[string]any{}}, &made))
	require.Eventually(t, func() bool {
		h, err := c.Host.ById(made.Id)
		return err == nil && h.State == "active"
	}, 10*time.Second, 5*time.Millisecond)
	_, err := c.ExternalHostEvent.Create(&gorancher.ExternalHostEvent{EventType: "host.evacuate", HostId: made.Id, DeleteHost: true})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return server.Host(made.Id).Removed }, 10*time.Second, 5*time.Millisecond)
	hosts, err := c.Host.List(gorancher.NewListOpts())
	require.NoError(t, err)
	assert.Len(t, hosts.Data, 2)
}

// An account sees nothing, without an error, where the URL names its
// environment but not the schemas of it.
func TestGoRancherAccount(t *testing.T) {
	server := rancher.Start(t, rancher.Options{})
	server.AddServices(server.AddStack(server.Project(), "shop"), "p", 3)
	scoped := server.URL() + "/projects/" + server.Project()
	for url, want := range map[string]int{scoped: 0, scoped + "/schemas": 3, server.URL(): 0} {
		services, err := dial(t, url, server.UserKey()).Service.List(gorancher.NewListOpts())
		require.NoError(t, err)
		assert.Len(t, services.Data, want, url)
	}
	services, err := dial(t, scoped, server.ProjectKey()).Service.List(gorancher.NewListOpts())
	require.NoError(t, err)
	assert.Len(t, services.Data, 3, "an environment's own key needs no more")
}

func TestGoRancherReadOnly(t *testing.T) {
	server := rancher.Start(t, rancher.Options{})
	id := server.AddServices(server.AddStack(server.Project(), "shop"), "p", 1)[0]
	key := server.AccountKey(rancher.ReadOnly, server.Project())
	c := dial(t, server.URL()+"/projects/"+server.Project()+"/schemas", key)
	s, err := c.Service.ById(id)
	require.NoError(t, err)
	_, err = c.Service.Update(s, map[string]any{"scale": 2})
	assert.ErrorContains(t, err, "is not updatable")
	assert.Empty(t, server.Writes(), "it refuses before it asks")
}
