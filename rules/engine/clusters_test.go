package engine

import "testing"

// anyCluster is a rule for the clusters that alerts name, of which there are some.
func anyCluster(clusters string) string {
	return "clusters: [" + clusters + "]\ntargets:\n" +
		"  any: {driver: '{{ .Labels.cluster }}', kind: Deployment, namespace: '{{ .Labels.namespace }}', name: '{{ .Labels.deployment }}', max: 10}\n" + anyBusy
}

func TestClusters_EachHasItsOwnRefs(t *testing.T) {
	w := newWorld(t, anyCluster("a, b"), 3)
	w.post("0s", busyOf("shop", "web").with("cluster", "a"), busyOf("shop", "web").with("cluster", "b")).is(Scaled, 3, 4)
	w.until("1h").has(4, "a:Deployment/shop/web").has(4, "b:Deployment/shop/web")
	w.post("2h", busyOf("shop", "web").with("cluster", "c")).verdict(Rejected).because(`driver: "c" is not defined; alerts may name a, b`)
}

// A cluster that goes takes its episodes along; one that comes is there from the next notification on. The others notice
// nothing of it.
func TestClusters_ComeAndGo(t *testing.T) {
	w := newWorld(t, anyCluster("a, b"), 3)
	in := func(cluster string) *spoken { return busyOf("shop", "web").with("cluster", cluster) }
	w.post("0s", in("a"), in("b")).is(Scaled, 3, 4)
	w.reload("10m", anyCluster("b, c"))
	w.post("11m", in("b"), in("c")).is(Duplicate, 4, 4)
	w.until("12m").has(4, "b:Deployment/shop/web").has(4, "c:Deployment/shop/web").has(4, "a:Deployment/shop/web")
	w.post("13m", in("a")).verdict(Rejected)
	w.reload("20m", anyCluster("a, b, c"))
	w.post("21m", in("a"), in("b"), in("c")).verdict(Duplicate)
	w.crash()
	w.until("1h").has(4, "a:Deployment/shop/web").has(4, "b:Deployment/shop/web").has(4, "c:Deployment/shop/web")
}
