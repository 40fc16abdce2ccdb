package rancher_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/test/fakerancher/rancher"
	"alertscale/test/stack"
)

// program is alertscale with a service of a stand-in.
type program struct {
	*stack.Alertscale
	server *rancher.Server
	web    string // its id
}

func config(url string, key rancher.Key) string {
	return fmt.Sprintf(`
drivers: {rancher: {url: '%s', access_key: '%s', secret_key: '%s'}}
targets: {web: {driver: rancher, kind: service, namespace: shop, name: web, max: 10, cooldown: 0s}}
rules:
  - {name: web is busy, matchers: ['alertname="Busy"'], target: web, up: 2}
  - {name: web is busier, matchers: ['alertname="Busier"'], target: web, up: 1}
`, url, key.Access, key.Secret)
}

func newProgram(t *testing.T) *program {
	t.Helper()
	p := &program{server: rancher.Start(t, rancher.Options{Speed: 20})}
	p.web = p.server.AddService(rancher.ServiceSpec{Stack: p.server.AddStack(p.server.Project(), "shop"), Name: "web", Scale: 2})
	p.Alertscale = stack.StartAlertscale(t, stack.AlertscaleOptions{Config: config(p.server.URL(), p.server.ProjectKey())})
	return p
}

// fire posts the notification of an alert that fires since long.
func (p *program) fire(t *testing.T, name string, want int) {
	t.Helper()
	labels := map[string]string{"alertname": name}
	body, err := json.Marshal(map[string]any{
		"version": "4", "receiver": "alertscale", "status": "firing", "groupKey": "{}:" + name,
		"groupLabels": labels, "commonLabels": labels, "alerts": []any{
			map[string]any{"status": "firing", "labels": labels, "fingerprint": name, "startsAt": "2026-01-01T12:00:00Z"},
		},
	})
	require.NoError(t, err)
	code, answer := p.Post(t, "/webhook", string(body))
	require.Equal(t, want, code, answer)
}

// A change of a service whose id is known is two requests, and a notification that brings nothing new is none.
func TestRequestsOfAChangeAndOfARepeat(t *testing.T) {
	p := newProgram(t)
	p.WaitConnected(t, 1)
	p.fire(t, "Busy", http.StatusOK)
	require.Equal(t, 4, p.server.Scale(p.web))
	p.server.Forget()
	p.fire(t, "Busier", http.StatusOK)
	require.Equal(t, 5, p.server.Scale(p.web))
	var got []string
	for _, r := range p.server.Requests() {
		got = append(got, r.Method)
	}
	require.Equal(t, []string{http.MethodGet, http.MethodPut}, got)
	p.server.Forget()
	for range 3 {
		p.fire(t, "Busy", http.StatusOK)
		p.fire(t, "Busier", http.StatusOK)
	}
	time.Sleep(2 * time.Second)
	require.Empty(t, p.server.Requests())
	require.Equal(t, 5, p.server.Scale(p.web))
}

// A key that is replaced by another one: what came meanwhile is done once the file has it.
func TestAKeyThatIsRotated(t *testing.T) {
	p := newProgram(t)
	p.fire(t, "Busy", http.StatusOK)
	key := p.server.Rotate(p.server.ProjectKey())
	p.fire(t, "Busier", http.StatusServiceUnavailable)
	p.WaitLog(t, "the server does not take the key, which may be about to be renewed")
	require.Equal(t, 4, p.server.Scale(p.web))
	p.WriteConfig(t, config(p.server.URL(), key))
	code, answer := p.Post(t, "/-/reload", "")
	require.Equal(t, http.StatusOK, code, answer)
	stack.Eventually(t, time.Minute, func() error {
		if got := p.server.Scale(p.web); got != 5 {
			return fmt.Errorf("scale %d", got)
		}
		return nil
	})
	p.fire(t, "Busy", http.StatusOK)
	p.fire(t, "Busier", http.StatusOK)
	require.Equal(t, 5, p.server.Scale(p.web))
	require.NotContains(t, p.Log(), key.Secret)
}

// A service that is upgraded while a step's answer is lost: what is stored there is not taken for done before the
// upgrade is finished.
func TestANumberThatIsOnlyStoredSettlesNothing(t *testing.T) {
	p := newProgram(t)
	p.server.Inject(rancher.Fault{Method: http.MethodPut, Lose: true, Times: 1, Delay: 500 * time.Millisecond})
	time.AfterFunc(200*time.Millisecond, func() { p.server.SetState(p.web, "upgraded", true) })
	p.fire(t, "Busy", http.StatusServiceUnavailable)
	require.Equal(t, 4, p.server.Scale(p.web))
	p.fire(t, "Busy", http.StatusOK)
	time.Sleep(2 * time.Second)
	p.WaitLog(t, "the service is upgraded: finish the upgrade or roll it back")
	require.NotContains(t, p.Log(), "it counts as applied now")
	p.server.SetState(p.web, "active", true)
	p.fire(t, "Busy", http.StatusOK) // which is looked at, since a call is open
	p.WaitLog(t, "it counts as applied now")
	require.Equal(t, 4, p.server.Scale(p.web))
	require.Len(t, p.server.Writes(), 1)
}
