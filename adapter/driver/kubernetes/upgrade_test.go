package kubernetes

import (
	"encoding/json"
	"iter"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/upgrade"
)

const deploymentsOf = "/apis/apps/v1/namespaces/shop/deployments/"

func keys(m map[string]object) iter.Seq[string] { return maps.Keys(m) }

func newApp(f *fake, name string) {
	f.create(deploymentsOf+name, `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"labels":{"app":"shop","tier":"web"}},"spec":{"template":{
		"metadata":{"annotations":{"note":"mine"}},
		"spec":{"initContainers":[{"name":"migrate","image":"acme/web:1"}],"containers":[{"name":"app","image":"acme/web:1","env":[]},{"name":"proxy","image":"envoy:1"}]}}}}`)
}

func (f *fake) podOf(name string) (pod map[string]any) {
	f.with(func() {
		text, _ := json.Marshal(f.whole[deploymentsOf+name]["spec"].(object)["template"])
		_ = json.Unmarshal(text, &pod)
	})
	return pod
}

func app(name string) rules.Ref {
	return rules.Ref{Driver: "kubernetes", Kind: "Deployment", Namespace: "shop", Name: name}
}

func image(name, image string) upgrade.Container { return upgrade.Container{Name: name, Image: image} }

func TestUpgrade(t *testing.T) {
	f := newFake(t, true)
	f.with(func() {
		f.groups[1].resources = append(f.groups[1].resources, fakeResource{"statefulsets", "StatefulSet", true, true})
	})
	d := newDriver(t, f)
	newApp(f, "web")
	w, err := d.ReadWorkload(t.Context(), app("web"))
	require.NoError(t, err)
	require.Equal(t, upgrade.Workload{
		Containers: []upgrade.Container{image("app", "acme/web:1"), image("proxy", "envoy:1"), image("migrate", "acme/web:1")},
		Version:    "1/migrate", Phase: upgrade.Idle,
	}, w)

	change := upgrade.Change{Images: []upgrade.Container{image("app", "acme/web:2"), image("migrate", "acme/web:2")}, Version: w.Version}
	require.NoError(t, d.Upgrade(t.Context(), app("web"), change))
	require.Equal(t, map[string]any{
		"metadata": map[string]any{"annotations": map[string]any{"note": "mine"}},
		"spec": map[string]any{
			"initContainers": []any{map[string]any{"name": "migrate", "image": "acme/web:2"}},
			"containers": []any{
				map[string]any{"name": "app", "image": "acme/web:2", "env": []any{}}, map[string]any{"name": "proxy", "image": "envoy:1"},
			},
		},
	}, f.podOf("web"), "and nothing else of it")
	require.ErrorIs(t, d.Upgrade(t.Context(), app("web"), change), controller.ErrConflict, "it is another version by now")

	w, err = d.ReadWorkload(t.Context(), app("web"))
	require.NoError(t, err)
	at := time.Date(2026, 3, 2, 12, 0, 0, 5, time.UTC)
	change = upgrade.Change{Images: []upgrade.Container{image("app", "acme/web:2")}, Restart: true, Version: w.Version, At: at}
	require.NoError(t, d.Upgrade(t.Context(), app("web"), change))
	again, err := d.ReadWorkload(t.Context(), app("web"))
	require.NoError(t, err)
	require.Empty(t, w.Restarts)
	require.Equal(t, "2026-03-02T12:00:00.000000005Z", again.Restarts)
	require.Equal(t, 6, f.count("GET "+deploymentsOf)+f.count("PATCH "+deploymentsOf), "one request for each")
}

func TestUpgradeFailures(t *testing.T) {
	f := newFake(t, true)
	d := newDriver(t, f)
	_, err := d.ReadWorkload(t.Context(), app("none"))
	require.ErrorIs(t, err, controller.ErrNotFound)
	newApp(f, "locked")
	_, err = d.ReadWorkload(t.Context(), app("locked"))
	require.ErrorIs(t, err, controller.ErrForbidden)
	require.ErrorContains(t, err, "the role must grant get on deployments in the API group apps")
	newApp(f, "readonly")
	change := upgrade.Change{Images: []upgrade.Container{image("app", "acme/web:2")}, Version: "1/migrate"}
	err = d.Upgrade(t.Context(), app("readonly"), change)
	require.ErrorContains(t, err, "the role must grant patch on deployments in the API group apps")

	newApp(f, "web")
	w, err := d.ReadWorkload(t.Context(), app("web"))
	require.NoError(t, err)
	change.Version = w.Version
	f.with(func() { f.lose = true })
	err = d.Upgrade(t.Context(), app("web"), change)
	require.Error(t, err)
	require.NotErrorIs(t, err, controller.ErrConflict, "it may have been carried out")
	w, err = d.ReadWorkload(t.Context(), app("web"))
	require.NoError(t, err)
	require.Equal(t, "acme/web:2", w.Containers[0].Image)
	change.Version = ""
	require.ErrorIs(t, d.Upgrade(t.Context(), app("web"), change), controller.ErrInvalid)
	_, err = d.ReadWorkload(t.Context(), rules.Ref{Kind: "Deployment", Name: "web"})
	require.ErrorContains(t, err, "is in a namespace")
}

func TestFindWorkloads(t *testing.T) {
	f := newFake(t, true)
	d := newDriver(t, f)
	newApp(f, "web")
	newApp(f, "cart")
	where := upgrade.Where{Selector: rules.Labels{{Name: "app", Value: "shop"}, {Name: "tier", Value: "web"}}}
	_, err := d.FindWorkloads(t.Context(), where)
	require.ErrorContains(t, err, "has no kind StatefulSet", "of the fake")
	f = newFake(t, true)
	f.with(func() {
		f.groups[1].resources = append(f.groups[1].resources, fakeResource{"statefulsets", "StatefulSet", true, true})
	})
	d = newDriver(t, f)
	newApp(f, "web")
	newApp(f, "cart")
	all, err := d.FindWorkloads(t.Context(), where)
	require.NoError(t, err)
	require.Equal(t, []rules.Ref{{Kind: "Deployment", Namespace: "shop", Name: "cart"}, {Kind: "Deployment", Namespace: "shop", Name: "web"}}, all)
	require.Equal(t, 1, f.count("GET /apis/apps/v1/daemonsets"), "in all namespaces")
	where.Namespace = "shop"
	_, err = d.FindWorkloads(t.Context(), where)
	require.NoError(t, err)
	require.Equal(t, 1, f.count("GET "+deploymentsOf[:len(deploymentsOf)-1]))
	where.Namespace = "locked"
	_, err = d.FindWorkloads(t.Context(), where)
	require.ErrorIs(t, err, controller.ErrForbidden)
	require.ErrorContains(t, err, "daemonsets of namespace locked: 403")
}

func TestEventOfAnUpgrade(t *testing.T) {
	r := controller.DecisionRecord{Decision: engine.Decision{Rule: "web", Verdict: engine.Upgraded, Upgrade: true, Why: []string{"push x"}}}
	require.Equal(t, `the image is another one by upgrade "web": push x`, message(app("web"), r))
	r.Verdict = engine.Failed
	require.Equal(t, `the image is not changed by upgrade "web": push x`, message(app("web"), r))
}
