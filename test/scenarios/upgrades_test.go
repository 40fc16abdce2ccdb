package scenarios

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const digest = "sha256:8a9e9863dbb6e10edb5adfe917c00da84e1700fa76e7ed02476aa6e6fb8ee0d8"

// pushing is an alertscale with upgrades, behind a proxy in front of the API server.
type pushing struct {
	*stack.Alertscale
	proxy *stack.Proxy
}

// push posts a push, and returns the code of the answer and the verdicts by workload.
func (p *pushing) push(t *testing.T, body string) (code int, verdicts []string) {
	t.Helper()
	code, text := p.Post(t, "/hook/push?key=t0ken", body)
	var answer struct {
		Data struct {
			Decisions []struct{ Ref, Verdict string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &answer), text)
	for _, d := range answer.Data.Decisions {
		verdicts = append(verdicts, strings.TrimPrefix(d.Ref, "kubernetes:")+" "+d.Verdict)
	}
	return code, verdicts
}

func (p *pushing) patches() int { return len(p.proxy.Requests(stack.Method(http.MethodPatch))) }

// labelled is the manifest of a workload of an image, with a label.
func labelled(t *testing.T, kind, name, label string) string {
	t.Helper()
	replicas := "replicas: 2, "
	if kind == "DaemonSet" {
		replicas = ""
	}
	return fmt.Sprintf(`---
{apiVersion: apps/v1, kind: %s, metadata: {namespace: upgraded, name: %s, labels: {upgrade: %q}}, spec: {%sselector: {matchLabels: {app: %[2]s}},
  template: {metadata: {labels: {app: %[2]s}}, spec: {nodeName: %q, terminationGracePeriodSeconds: 0,
    initContainers: [{name: first, image: 'registry.example.com/acme/web:1.0'}],
    containers: [{name: main, image: 'registry.example.com/acme/web:1.0'}, {name: beside, image: 'registry.example.com/acme/other:1.0'}]}}}}
`, kind, name, label, replicas, stack.Node)
}

// images returns those of a workload's pods, those that run first first.
func images(t *testing.T, o stack.Object) (all []string) {
	t.Helper()
	got := cluster.Client.Get(t, o)
	for _, list := range []string{"initContainers", "containers"} {
		containers, _, err := unstructured.NestedSlice(got.Object, "spec", "template", "spec", list)
		require.NoError(t, err)
		for _, c := range containers {
			all = append(all, strings.TrimPrefix(c.(map[string]any)["image"].(string), "registry.example.com/acme/"))
		}
	}
	return all
}

// waitRolledOut waits until the controllers make pods of a Deployment's newest template, which is the one of a number. kwok does not make pods
// ready that have something to run first.
func waitRolledOut(t *testing.T, o stack.Object, times string) {
	t.Helper()
	stack.Eventually(t, wait, func() error {
		got, err := cluster.Client.Read(t.Context(), o)
		if err != nil {
			return err
		}
		updated, _, _ := unstructured.NestedInt64(got.Object, "status", "updatedReplicas")
		revision := got.GetAnnotations()["deployment.kubernetes.io/revision"]
		if updated == 0 || revision != times {
			return fmt.Errorf("%s: %d pods are of the newest template, revision %s", o, updated, revision)
		}
		return nil
	})
}

func newPushing(t *testing.T) *pushing {
	t.Helper()
	cluster.Client.CreateNamespace(t, "upgraded")
	cluster.Client.Apply(t, labelled(t, "Deployment", "web", "no")+labelled(t, "Deployment", "cart", "yes")+
		labelled(t, "StatefulSet", "db", "yes")+labelled(t, "DaemonSet", "agent", "yes"))
	proxy := stack.ProxyAPIServer(t, cluster.API)
	p := &pushing{stack.NewAlertscale(t, stack.AlertscaleOptions{Config: testdata(t, "upgrades.yml"), Kubeconfig: accountVia(t, proxy)}), proxy}
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(p.Config), "token"), []byte("t0ken\n"), 0o600))
	p.Start(t)
	return p
}

// TestUpgrades posts pushes. Without the role that the examples have for it the account may change no workload; with it, each
// push is one PATCH, also where alertscale is killed before it gets the answer.
func TestUpgrades(t *testing.T) {
	p := newPushing(t)
	web := deployment("upgraded", "web")
	const to12 = `{"repository": "registry.example.com/acme/web", "tag": "1.2", "digest": "` + digest + `"}`
	code, verdicts := p.push(t, to12)
	require.Equal(t, 422, code)
	require.Equal(t, []string{"Deployment/upgraded/web rejected"}, verdicts)
	require.Contains(t, waitLogged(t, p.Alertscale, "verdict=rejected"), "the role must grant get on deployments in the API group apps")

	cluster.Client.Apply(t, shipped.File(t, "kubernetes/upgrades/rbac.yaml"))
	defer cluster.Client.Delete(t, stack.Object{Kind: "ClusterRoleBinding", Name: "alertscale-upgrades"})
	stack.Eventually(t, wait, func() error {
		if code, verdicts = p.push(t, to12); code != 200 {
			return fmt.Errorf("%d: %s", code, verdicts)
		}
		return nil
	})
	require.Equal(t, []string{"Deployment/upgraded/web upgraded"}, verdicts)
	require.Equal(t, []string{"web:1.2@" + digest, "web:1.2@" + digest, "other:1.0"}, images(t, web))
	waitRolledOut(t, web, "2")
	patches := p.patches()
	_, verdicts = p.push(t, to12)
	require.Equal(t, []string{"Deployment/upgraded/web duplicate"}, verdicts)
	require.Equal(t, patches, p.patches())

	code, verdicts = p.push(t, `{"repository": "registry.example.com/acme/web", "tag": "3.0"}`)
	require.Equal(t, "200 [Deployment/upgraded/web dry_run]", fmt.Sprint(code, verdicts))
	require.Equal(t, patches, p.patches())
	code, verdicts = p.push(t, `{"repository": "registry.example.com/other/web", "tag": "1.3"}`)
	require.Equal(t, "200 []", fmt.Sprint(code, verdicts))
	require.InDelta(t, 1, p.Metric(t, "alertscale_pushes_unmatched_total"), 0)
	require.InDelta(t, 1, p.Metric(t, `alertscale_decisions_total{rule="web",verdict="upgraded"}`), 0)
	_, decisions := p.Get(t, "/api/v1/decisions?verdict=upgraded")
	require.Contains(t, decisions, "container main: registry.example.com/acme/web:1.0 → registry.example.com/acme/web:1.2@"+digest)
	require.Contains(t, decisions, `"receiver":"hook/push"`)

	t.Run("killed", func(t *testing.T) { killedWhileItUpgrades(t, p, web) })
	t.Run("same tag", func(t *testing.T) { sameTag(t, p, web) })
	t.Run("selector", func(t *testing.T) { ofASelector(t, p) })
}

// killedWhileItUpgrades kills alertscale between its PATCH and the answer.
func killedWhileItUpgrades(t *testing.T, p *pushing, web stack.Object) {
	patches, generation := p.patches(), cluster.Client.Get(t, web).GetGeneration()
	held := p.proxy.Inject(stack.Fault{Match: stack.Method(http.MethodPatch), Times: 1, Hold: stack.BeforeAnswer})
	answered := make(chan struct{})
	const to13 = `{"repository": "registry.example.com/acme/web", "tag": "1.3", "pushed_at": 7}`
	go func() {
		defer close(answered)
		res, err := http.Post(p.URL+"/hook/push?key=t0ken", "application/json", strings.NewReader(to13))
		if err == nil {
			_ = res.Body.Close()
		}
	}()
	held.WaitHeld(t, 1, wait)
	p.Kill(t)
	held.Drop()
	<-answered
	p.Start(t)
	require.Contains(t, waitLogged(t, p.Alertscale, "verdict=upgraded", "acme/web:1.3"), "the change was made, though its answer was lost")
	_, verdicts := p.push(t, to13)
	require.Equal(t, []string{"Deployment/upgraded/web duplicate"}, verdicts)
	require.Equal(t, []string{"web:1.3", "web:1.3", "other:1.0"}, images(t, web))
	require.Equal(t, patches+1, p.patches())
	require.Equal(t, generation+1, cluster.Client.Get(t, web).GetGeneration())
}

// sameTag pushes a tag that the workload has, without a digest: its pods are made again.
func sameTag(t *testing.T, p *pushing, web stack.Object) {
	waitRolledOut(t, web, "3")
	_, verdicts := p.push(t, `{"repository": "registry.example.com/acme/web", "tag": "1.3", "pushed_at": 8}`)
	require.Equal(t, []string{"Deployment/upgraded/web upgraded"}, verdicts)
	waitRolledOut(t, web, "4")
	require.Equal(t, []string{"web:1.3", "web:1.3", "other:1.0"}, images(t, web))
}

// ofASelector upgrades workloads of three kinds, one of which somebody else changes at the same time.
func ofASelector(t *testing.T, p *pushing) {
	p.proxy.Inject(stack.Fault{
		Match: func(r stack.Request) bool { return r.Method == http.MethodPatch && strings.HasSuffix(r.Path, "/cart") }, Times: 1,
		Answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"kind": "Status", "message": "the object has been modified", "code": 409}`))
		},
	})
	code, verdicts := p.push(t, `{"repository": "registry.example.com/acme/other", "tag": "2.0"}`)
	require.Equal(t, 200, code)
	require.ElementsMatch(t, []string{"DaemonSet/upgraded/agent upgraded", "Deployment/upgraded/cart upgraded", "StatefulSet/upgraded/db upgraded"}, verdicts)
	for _, o := range []stack.Object{
		deployment("upgraded", "cart"), {Kind: "StatefulSet", Namespace: "upgraded", Name: "db"}, {Kind: "DaemonSet", Namespace: "upgraded", Name: "agent"},
	} {
		require.Equal(t, []string{"web:1.0", "web:1.0", "other:2.0"}, images(t, o))
	}
	require.Equal(t, "other:1.0", images(t, deployment("upgraded", "web"))[2])
}
