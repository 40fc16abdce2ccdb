package kubernetes

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/yamldoc"
)

// saying is an owning whose file has Deployments say their own bounds, and the floor of HorizontalPodAutoscalers.
func saying(t *testing.T, f *fake, bounds string) *owning {
	doc, root := yamldoc.Parse("a.yml", fmt.Appendf(nil, `
targets:
  any: {driver: kubernetes, kind: Deployment, namespace: shop, name: '{{ .Labels.name }}', max: 10%s}
  floor: {driver: kubernetes, kind: HorizontalPodAutoscaler, namespace: shop, name: web, path: /spec/minReplicas, max: 10%[1]s}
rules: [{name: busy, matchers: [a=b], target: any, up: 1}]
`, bounds))
	set := rules.NewSet(rules.SetOptions{
		Drivers: map[string]rules.RefSchema{"kubernetes": Type().Schema}, Targets: root.Child("targets"), Rules: root.Child("rules"),
	})
	require.NoError(t, doc.Err())
	o := newOwning(t, f)
	o.driver.rules = func() *rules.Set { return set }
	return o
}

func text(s string) *string { return &s }

func TestBounds_FromTheAnnotations(t *testing.T) {
	for name, test := range map[string]struct {
		metadata string
		want     rules.BoundsSaid
	}{
		"both":             {`{"annotations":{"alertscale.min":"2","alertscale.max":"many","other":"x"}}`, rules.BoundsSaid{Min: text("2"), Max: text("many"), Asked: true}},
		"one":              {`{"annotations":{"alertscale.max":""}}`, rules.BoundsSaid{Max: text(""), Asked: true}},
		"none":             {`{"annotations":{"other":"x"}}`, rules.BoundsSaid{Asked: true}},
		"labels are other": {`{"labels":{"alertscale.max":"5"}}`, rules.BoundsSaid{Asked: true}},
	} {
		f := newFake(t, true)
		o := saying(t, f, ", bounds: workload")
		f.create(deploymentPath("web"), `{"kind":"Deployment","metadata":`+test.metadata+`}`)
		seen, err := o.driver.Observe(t.Context(), deployment("web"))
		require.NoError(t, err, name)
		require.Equal(t, 3, seen.Count)
		require.Equal(t, test.want, seen.Bounds, name)
		require.Equal(t, 2, f.count("GET "+deploymentPath("web")), "of the scale, and of the metadata")
		require.Equal(t, 1, f.metadata)
	}
}

func TestBounds_WithoutTheOptionNothingIsAsked(t *testing.T) {
	f := newFake(t, true)
	o := saying(t, f, "")
	f.create(deploymentPath("web"), `{"kind":"Deployment","metadata":{"annotations":{"alertscale.max":"5"}}}`)
	seen, err := o.driver.Observe(t.Context(), deployment("web"))
	require.NoError(t, err)
	require.Equal(t, rules.BoundsSaid{}, seen.Bounds)
	require.Equal(t, 1, f.count("GET "+deploymentPath("web")))
}

// An object of which a field is scaled says its bounds itself: that costs no request.
func TestBounds_OfAnObjectThatIsRead(t *testing.T) {
	f := newFake(t, true)
	f.with(func() {
		f.groups = append(f.groups, fakeGroup{"autoscaling", "v2", false, []fakeResource{{"horizontalpodautoscalers", "HorizontalPodAutoscaler", true, false}}})
	})
	o := saying(t, f, ", bounds: workload")
	const path = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web"
	f.create(path, `{"kind":"HorizontalPodAutoscaler","metadata":{"annotations":{"alertscale.max":"5"}},"spec":{"minReplicas":2,"maxReplicas":9}}`)
	seen, err := o.driver.Observe(t.Context(), rules.Ref{Driver: "kubernetes", Kind: "HorizontalPodAutoscaler", Namespace: "shop", Name: "web", Path: "/spec/minReplicas"})
	require.NoError(t, err)
	require.Equal(t, 2, seen.Count)
	require.Equal(t, rules.BoundsSaid{Max: text("5"), Asked: true}, seen.Bounds)
	require.Equal(t, 1, f.count("GET "+path))
}

// What keeps the metadata from being read keeps the read from being one: nothing is scaled by bounds that are not known.
func TestBounds_ThatCannotBeRead(t *testing.T) {
	f := newFake(t, true)
	o := saying(t, f, ", bounds: workload")
	path := deploymentPath("web")
	for name, test := range map[string]struct {
		metadata string // the object; empty: there is none
		is       error
		text     string
	}{
		"no object":  {"", controller.ErrNotFound, `not found: Deployment shop/web: 404: deployments.apps "web" not found; create it, or correct kind, namespace and name`},
		"other kind": {`{"kind":"Service","metadata":{}}`, nil, "Deployment shop/web: the answer of " + f.server.URL + " is no metadata of a Deployment: "},
	} {
		f.with(func() { f.noPartial = true; delete(f.whole, path) })
		if test.metadata != "" {
			f.create(path, test.metadata)
		}
		_, err := o.driver.Observe(t.Context(), deployment("web"))
		require.ErrorContains(t, err, test.text, name)
		if test.is != nil {
			require.ErrorIs(t, err, test.is)
		}
	}
	f.put(deploymentPath("locked"), 3)
	f.with(func() { f.scalesOpen = true })
	_, err := o.driver.Observe(t.Context(), deployment("locked"))
	require.ErrorIs(t, err, controller.ErrForbidden)
	require.ErrorContains(t, err, "; the role must grant get on deployments in the API group apps")
}

// A server that knows no metadata alone gives the whole object.
func TestBounds_OfAnOlderServer(t *testing.T) {
	f := newFake(t, true)
	o := saying(t, f, ", bounds: workload")
	f.with(func() { f.noPartial = true })
	f.create(deploymentPath("web"), `{"kind":"Deployment","metadata":{"annotations":{"alertscale.min":"2"}}}`)
	seen, err := o.driver.Observe(t.Context(), deployment("web"))
	require.NoError(t, err)
	require.Equal(t, rules.BoundsSaid{Min: text("2"), Asked: true}, seen.Bounds)
}

// The two are asked side by side: together they take as long as one.
func TestBounds_AreReadBesideTheScale(t *testing.T) {
	f := newFake(t, true)
	o := saying(t, f, ", bounds: workload")
	f.create(deploymentPath("web"), `{"kind":"Deployment","metadata":{}}`)
	_, err := o.driver.Observe(t.Context(), deployment("web")) // what is scaled by whom is known from then on
	require.NoError(t, err)
	f.slow(400 * time.Millisecond)
	defer f.slow(0)
	start := time.Now()
	_, err = o.driver.Observe(t.Context(), deployment("web"))
	require.NoError(t, err)
	require.Less(t, time.Since(start), 780*time.Millisecond)
}
