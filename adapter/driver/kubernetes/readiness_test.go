package kubernetes

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/rules"
	"alertscale/rules/yamldoc"
)

// waiting is an owning whose file waits for Deployments and StatefulSets to be ready.
func waiting(t *testing.T, f *fake) *owning {
	doc, root := yamldoc.Parse("a.yml", []byte(`
targets:
  any: {driver: kubernetes, kind: Deployment, namespace: shop, name: '{{ .Labels.name }}', max: 10, wait_ready: 5m}
  set: {driver: kubernetes, kind: StatefulSet, namespace: shop, name: '{{ .Labels.name }}', max: 10, wait_ready: 5m}
rules: [{name: busy, matchers: [a=b], target: any, up: 1}]
`))
	set := rules.NewSet(rules.SetOptions{
		Drivers: map[string]rules.RefSchema{"kubernetes": Type().Schema}, Targets: root.Child("targets"), Rules: root.Child("rules"),
	})
	require.NoError(t, doc.Err())
	o := newOwning(t, f)
	o.driver.rules = func() *rules.Set { return set }
	f.with(func() {
		f.groups = append(f.groups, fakeGroup{"apps", "v1", false, []fakeResource{{"statefulsets", "StatefulSet", true, true}}})
	})
	return o
}

func TestReady_FromTheStatusOfTheWorkload(t *testing.T) {
	for name, test := range map[string]struct {
		kind   string
		made   int // pods, of 3, as the scale says
		status string
		want   bool
	}{
		"all are available":         {"Deployment", 3, `"observedGeneration":2,"replicas":3,"updatedReplicas":3,"availableReplicas":3`, true},
		"one is not":                {"Deployment", 3, `"observedGeneration":2,"replicas":3,"updatedReplicas":3,"availableReplicas":2`, false},
		"an older one is left":      {"Deployment", 3, `"observedGeneration":2,"replicas":3,"updatedReplicas":2,"availableReplicas":3`, false},
		"the controller lags":       {"Deployment", 3, `"observedGeneration":1,"replicas":3,"updatedReplicas":3,"availableReplicas":3`, false},
		"one is too many":           {"Deployment", 3, `"observedGeneration":2,"replicas":4,"updatedReplicas":3,"availableReplicas":3`, false},
		"not all are made":          {"Deployment", 2, `"observedGeneration":2,"replicas":3,"updatedReplicas":3,"availableReplicas":3`, false},
		"nothing is known":          {"Deployment", 3, ``, false},
		"a set":                     {"StatefulSet", 3, `"observedGeneration":2,"replicas":3,"updatedReplicas":1,"availableReplicas":3`, true},
		"a set of which one is not": {"StatefulSet", 3, `"observedGeneration":2,"replicas":3,"updatedReplicas":3,"availableReplicas":2`, false},
	} {
		f := newFake(t, true)
		o := waiting(t, f)
		path := "/apis/apps/v1/namespaces/shop/" + strings.ToLower(test.kind) + "s/web"
		f.put(path, 3)
		f.with(func() { f.objects[path].status = test.made })
		f.create(path, fmt.Sprintf(`{"kind":%q,"metadata":{"generation":2},"status":{%s}}`, test.kind, test.status))
		seen, err := o.driver.Observe(t.Context(), rules.Ref{Driver: "kubernetes", Kind: test.kind, Namespace: "shop", Name: "web"})
		require.NoError(t, err)
		require.Equal(t, test.want, seen.Ready, name)
		require.Equal(t, map[bool]int{true: 1, false: 0}[test.made == 3], f.count("GET "+path)-f.count("GET "+path+"/scale"), "the workload is asked once the scale is as it should be")
	}
}

// Who may not read the workload has what its scale says.
func TestReady_WhereTheWorkloadMayNotBeRead(t *testing.T) {
	f := newFake(t, true)
	o := waiting(t, f)
	f.with(func() { f.objects[deploymentPath("web")].status = 3 })
	for range 2 {
		f.with(func() { f.next = append(f.next, passing, answering(403, 0)) })
		seen, err := o.driver.Observe(t.Context(), deployment("web"))
		require.NoError(t, err)
		require.True(t, seen.Ready)
	}
	require.Equal(t, 1, strings.Count(o.log.String(), `msg="wait_ready waits until pods were made, not until they are available" err="forbidden: Deployment shop/web: 403: not now`))

	f.with(func() { f.next = append(f.next, passing, answering(503, time.Second)) })
	_, err := o.driver.Observe(t.Context(), deployment("web"))
	require.EqualError(t, err, "Deployment shop/web: 503: not now (try again in 1s)")
}
