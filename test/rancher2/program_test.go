package rancher2

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"alertscale/adapter/driver/kubernetes"
	"alertscale/test/fakerancher2"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

const quiet = 2 * time.Second // for what must not come; alertscale tries again after at most one, at first

// program is alertscale with a Deployment of its own behind a front.
type program struct {
	*stack.Alertscale
	front *front
	file  string // of the token
	far   stack.Object
	watch *stack.FieldWatch
}

// config has one driver that goes directly to the API server and one that goes by way of Rancher, and scales a
// Deployment by each.
const config = `
drivers:
  near: {type: kubernetes, kubeconfig: %q}
  far:
    type: kubernetes
    rancher: {url: %q, token_file: %q, cluster: %s, ca_file: %q}
targets:
  near: {driver: near, kind: Deployment, namespace: %[6]s, name: near, max: 100, cooldown: 0s}
  far: {driver: far, kind: Deployment, namespace: %[6]s, name: far, min: 0, max: 100, cooldown: 0s}
rules:
  - {name: near is busy, matchers: [alertname=Busy], target: near, up: 1}
  - {name: far is busy, matchers: [alertname=Busy], target: far, up: 2}
  - {name: far is busier, matchers: [alertname=Far], target: far, up: 2}
  - {name: far is off, matchers: [alertname=Off], target: far, set: 0}
`

// newProgram starts a Rancher and alertscale; both Deployments have three replicas. What is to be otherwise from the start is
// done before: alertscale reads them then.
func newProgram(t *testing.T, before ...func(*front)) *program {
	t.Helper()
	f := newFront(t, fakerancher2.Options{TLS: true}, token, downstream)
	for _, do := range before {
		do(f)
	}
	namespace, r := newNamespace(t, 3, "near", "far"), f.via(t)
	p := &program{front: f, file: r.TokenFile, far: stack.Object{Kind: "Deployment", Namespace: namespace, Name: "far"}}
	p.watch = admin.WatchReplicas(t, p.far)
	p.Alertscale = stack.StartAlertscale(t, stack.AlertscaleOptions{Config: configOf(t, r, namespace)})
	return p
}

func configOf(t *testing.T, r *kubernetes.Rancher, namespace string) string {
	t.Helper()
	direct := stack.WriteKubeconfig(t, api.URL, api.CA, token)
	return fmt.Sprintf(config, direct, r.URL, r.TokenFile, r.Cluster, r.CAFile, namespace)
}

// fire posts the notification of an alert that fires since long.
func (p *program) fire(t *testing.T, name string, want int) { p.notify(t, name, "firing", want) }

// resolve posts the notification of its end.
func (p *program) resolve(t *testing.T, name string) { p.notify(t, name, "resolved", 200) }

func (p *program) notify(t *testing.T, name, status string, want int) {
	t.Helper()
	labels := map[string]string{"alertname": name}
	alert := map[string]any{"status": status, "labels": labels, "fingerprint": name, "startsAt": "2026-01-01T12:00:00Z"}
	if status == "resolved" {
		alert["endsAt"] = "2026-01-01T12:30:00Z"
	}
	body, err := json.Marshal(map[string]any{
		"version": "4", "receiver": "alertscale", "status": status, "groupKey": "{}:" + name,
		"groupLabels": labels, "commonLabels": labels, "alerts": []any{alert},
	})
	require.NoError(t, err)
	code, answer := p.Post(t, "/webhook", string(body))
	require.Equal(t, want, code, answer)
}

// values wants the Deployment behind Rancher to have had these counts in turn, and to keep the last.
func (p *program) values(t *testing.T, want ...int) {
	t.Helper()
	p.watch.Exactly(t, len(want)-1, wait, quiet)
	require.Equal(t, want, p.watch.Values())
}

// TestDirectAndByRancher scales by both ways on one notification, and each way takes its step once.
func TestDirectAndByRancher(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.fire(t, "Busy", 200)
	p.fire(t, "Busy", 200)
	p.values(t, 3, 5)
	require.Equal(t, 4, admin.Scale(t, stack.Object{Kind: "Deployment", Namespace: p.far.Namespace, Name: "near"}))
	patches := p.front.Requests(stack.Method(http.MethodPatch))
	require.Len(t, patches, 1, "of the one that is behind it")
	require.Equal(t, "/k8s/clusters/c-m-abc12/apis/apps/v1/namespaces/"+p.far.Namespace+"/deployments/far/scale", patches[0].Path)
	require.NotContains(t, p.Log(), p.front.token)
	_, shown := p.Get(t, "/api/v1/status/config")
	require.NotContains(t, shown, p.front.token)

	p.fire(t, "Off", 200)
	p.values(t, 3, 5)
	p.resolve(t, "Busy")
	p.values(t, 3, 5, 0)
}

// TestClusterDownAndUp takes the cluster away from Rancher: the step waits, and is taken once.
func TestClusterDownAndUp(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]fakerancher2.State{"unavailable": fakerancher2.Unavailable, "disconnected": fakerancher2.Disconnected} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProgram(t)
			p.fire(t, "Busy", 200)
			p.front.SetState(downstream, s)
			p.fire(t, "Far", 503)
			p.WaitLog(t, "Rancher says so: c-m-abc12 is unavailable, or disconnected from it")
			p.values(t, 3, 5)
			p.front.SetState(downstream, fakerancher2.Active)
			p.values(t, 3, 5, 7)
			p.fire(t, "Far", 200)
			p.values(t, 3, 5, 7)
		})
	}
}

// TestTokenIsRotated revokes the token and puts another one into the file, without a reload.
func TestTokenIsRotated(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.fire(t, "Busy", 200)
	p.front.Revoke(p.front.token)
	p.fire(t, "Far", 503)
	p.WaitLog(t, "Rancher does not take the token of "+p.file)
	p.values(t, 3, 5)
	write(t, p.file, p.front.AddToken(fakerancher2.Holder{Scope: downstream})+"\n")
	p.values(t, 3, 5, 7)
}

// TestLostAnswer cuts the connection after the change was stored: it is found out, and not done again.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	lost := p.front.LoseNext(1)
	p.fire(t, "Busy", 503)
	require.Equal(t, 1, lost.Hits())
	p.values(t, 3, 5)
	p.fire(t, "Busy", 200)
	p.values(t, 3, 5)
	require.Len(t, p.front.Requests(stack.Method(http.MethodPatch)), 1)
}

// TestRancherIsDownAtStart starts alertscale without Rancher: what is reached directly is scaled, the other as
// soon as Rancher is there.
func TestRancherIsDownAtStart(t *testing.T) {
	t.Parallel()
	f := newFront(t, fakerancher2.Options{TLS: true}, token, downstream)
	f.Down()
	namespace, r := newNamespace(t, 3, "near", "far"), f.via(t)
	p := &program{front: f, far: stack.Object{Kind: "Deployment", Namespace: namespace, Name: "far"}}
	p.watch = admin.WatchReplicas(t, p.far)
	p.Alertscale = stack.StartAlertscale(t, stack.AlertscaleOptions{Config: configOf(t, r, namespace)})
	p.fire(t, "Busy", 503)
	require.Equal(t, 4, admin.Scale(t, stack.Object{Kind: "Deployment", Namespace: namespace, Name: "near"}))
	f.Up(t)
	p.values(t, 3, 5)
}

// TestWrongCluster is answered for good, with words that lead to the mistake.
func TestWrongCluster(t *testing.T) {
	t.Parallel()
	p := newProgram(t, func(f *front) { f.RemoveCluster(downstream) })
	p.fire(t, "Far", 422)
	p.WaitLog(t, "rancher.cluster is the id in Rancher's URL of the cluster, not its name")
	p.values(t, 3)
}

// TestNoTokenFile: alertscale does not start, and says where and what.
func TestNoTokenFile(t *testing.T) {
	t.Parallel()
	r := &kubernetes.Rancher{URL: "https://127.0.0.1:1", TokenFile: "/nonexistent/token", Cluster: "local", CAFile: fileOf(t, string(api.CA))}
	a := stack.NewAlertscale(t, stack.AlertscaleOptions{Config: configOf(t, r, "shop")})
	a.Launch(t)
	require.Error(t, a.Wait(t, wait))
	require.Contains(t, a.Log(), "alertscale.yml:5: drivers.far: rancher.token_file: open /nonexistent/token: no such file or directory")
}
