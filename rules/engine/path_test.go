package engine

import "testing"

// A 0 in a field of an object is a value: nobody has switched anything off.
func TestPath_Zero(t *testing.T) {
	const floor = "targets: {floor: {driver: kubernetes, kind: HorizontalPodAutoscaler, namespace: shop, name: web, path: /spec/minReplicas, max: 9}}\n" +
		"rules: [{name: busy, matchers: ['alertname=Busy'], target: floor, up: 2}]\n"
	w := newWorld(t, floor, 0)
	w.post("0s", firing("Busy")).is(Scaled, 0, 2)
}
