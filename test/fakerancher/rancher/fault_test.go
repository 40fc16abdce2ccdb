package rancher_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"alertscale/test/fakerancher/rancher"
)

// shop is a server with one service in it, and its own client.
func shop(t *testing.T) (*rancher.Server, *hands, caller, string) {
	t.Helper()
	s, h := start(t)
	id := s.AddService(rancher.ServiceSpec{Stack: s.AddStack(s.Project(), "shop"), Name: "web", Scale: 1})
	return s, h, with(t, s, s.ProjectKey()), id
}

func TestConflicts(t *testing.T) {
	s, _, c, id := shop(t)
	s.ConflictNext(2)
	assert.Equal(t, 200, c.status("GET", "services/"+id, ""))
	for range 2 {
		status, body := c.call("PUT", "services/"+id, `{"scale":2}`)
		assert.Equal(t, 409, status)
		assert.Equal(t, "Conflict", body["code"])
		assert.Equal(t, 1, s.Scale(id))
	}
	assert.Equal(t, 200, c.status("PUT", "services/"+id, `{"scale":2}`))
	assert.Equal(t, 2, s.Scale(id))
}

func TestLostAnswers(t *testing.T) {
	s, _, c, id := shop(t)
	s.LoseNext(1)
	_, _, _, err := c.try("PUT", "services/"+id, `{"scale":2}`)
	require.Error(t, err)
	assert.Equal(t, 2, s.Scale(id), "stored all the same")
	writes := s.Writes()
	require.Len(t, writes, 1)
	assert.Equal(t, "PUT", writes[0].Method)
	assert.Equal(t, "/v2-beta/services/"+id, writes[0].Path)
	assert.Equal(t, `{"scale":2}`, writes[0].Body)
	assert.Equal(t, 200, writes[0].Status)
	lift := s.Inject(rancher.Fault{Cut: true})
	_, _, _, err = c.try("PUT", "services/"+id, `{"scale":3}`)
	require.Error(t, err)
	assert.Equal(t, 2, s.Scale(id))
	lift()
	assert.Equal(t, 200, c.status("PUT", "services/"+id, `{"scale":3}`))
}

func TestProxy(t *testing.T) {
	s, _, c, id := shop(t)
	for _, status := range []int{502, 503} {
		lift := s.Unavailable(status)
		got, body, header, err := c.try("GET", "services/"+id, "")
		require.NoError(t, err)
		assert.Equal(t, status, got)
		assert.Nil(t, body)
		assert.Equal(t, "text/html", header.Get("Content-Type"))
		assert.Empty(t, header.Get("X-API-Schemas"))
		lift()
	}
	assert.Equal(t, 200, c.status("GET", "services/"+id, ""))
}

func TestFailureInTheMiddle(t *testing.T) {
	s, _, c, _ := shop(t)
	s.Inject(rancher.Fault{Method: "POST", Path: "/hosts", After: 1, Times: 1, Status: 500})
	var got []int
	for range 3 {
		got = append(got, c.status("POST", "hosts", `{"hostname":"web01","fooConfig":{}}`))
	}
	assert.Equal(t, []int{201, 500, 201}, got)
	assert.Equal(t, []string{"web01", "web01"}, s.Hostnames(s.Project()))
	assert.Equal(t, 3, s.Count("POST", "/hosts"))
	s.Forget()
	assert.Empty(t, s.Requests())
}

func TestSlow(t *testing.T) {
	s, _, c, id := shop(t)
	impatient := &http.Client{Timeout: 200 * time.Millisecond}
	give := func(scale string) {
		t.Helper()
		before := s.Count("PUT", "")
		require.Error(t, put(impatient, c, id, scale))
		assert.Equal(t, before+1, s.Count("PUT", ""))
	}
	lift := s.Slow(700 * time.Millisecond)
	give("2")
	assert.Equal(t, 1, s.Scale(id), "not yet")
	require.Eventually(t, func() bool { return s.Scale(id) == 2 }, 5*time.Second, 5*time.Millisecond, "it lands although nobody waits")
	lift()
	s.Inject(rancher.Fault{Late: 700 * time.Millisecond, Times: 1})
	give("3")
	assert.Equal(t, 3, s.Scale(id), "done before it is answered")
	s.Slow(time.Hour)
	s.Heal()
	assert.Equal(t, 200, c.status("GET", "services/"+id, ""))
}

func TestRestart(t *testing.T) {
	s, h, c, id := shop(t)
	address := s.Address()
	assert.Equal(t, 200, c.status("PUT", "services/"+id, `{"scale":4}`))
	s.Close()
	_, _, _, err := c.try("GET", "services/"+id, "")
	require.Error(t, err)
	h.pass(time.Second)
	require.NoError(t, s.Restart(0))
	assert.Equal(t, address, s.Address())
	_, body := c.call("GET", "services/"+id, "")
	assert.Equal(t, "active", body["state"], "changes went on")
	assert.EqualValues(t, 4, body["currentScale"])
	require.Error(t, s.Listen())
}

func TestFates(t *testing.T) {
	s, h, c, _ := shop(t)
	s.SetFate(func(hostname string) rancher.Fate {
		return map[string]rancher.Fate{"web02": rancher.NeverUp, "web03": rancher.EndsInError}[hostname]
	})
	for _, name := range []string{"web01", "web02", "web03"} {
		assert.Equal(t, 201, c.status("POST", "hosts", `{"hostname":"`+name+`","fooConfig":{}}`))
	}
	h.pass(time.Hour)
	states := map[string]string{}
	for _, host := range s.Hosts(s.Project()) {
		states[host.Hostname] = host.State
	}
	assert.Equal(t, map[string]string{"": "active", "web01": "active", "web02": "provisioning", "web03": "error"}, states)
	_, page := c.call("GET", "hosts?state=error", "")
	failed := page["data"].([]any)[0].(map[string]any)
	assert.Equal(t, "error", failed["transitioning"])
	assert.Equal(t, 200, c.status("DELETE", "hosts/"+failed["id"].(string), ""))
}
