package engine

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// spelled is a file in which the driver and the kind are written in some way.
func spelled(driver, kind string) string {
	return fmt.Sprintf("connections: {%s: https://cluster}\ntargets:\n"+
		"  any: {driver: %s, kind: %s, namespace: '{{ .Labels.namespace }}', name: '{{ .Labels.deployment }}', max: 10}\n%s",
		driver, driver, kind, anyBusy)
}

func TestRespelled_WhatIsKnownFollows(t *testing.T) {
	for name, c := range map[string]struct{ driver, kind, ref string }{
		"a kind with a group":             {"prod", "apps/v1/Deployment", "prod:Deployment.apps/shop/web"},
		"a driver with another name":      {"cluster", "Deployment", "cluster:Deployment/shop/web"},
		"both":                            {"cluster", "apps/v1/Deployment", "cluster:Deployment.apps/shop/web"},
		"and back, which changes nothing": {"prod", "Deployment", "prod:Deployment/shop/web"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, spelled("prod", "Deployment"), 3)
			w.post("0s", busyOf("shop", "web")).is(Scaled, 3, 4)
			w.post("2m", busyOf("shop", "cart")).is(Scaled, 3, 4)
			w.reload("10m", spelled(c.driver, c.kind))
			w.post("11m", busyOf("shop", "web"), busyOf("shop", "cart")).is(Duplicate, 4, 4)
			w.until("1h").has(4, c.ref)
			require.Contains(t, w.store.records, c.ref)
			require.Len(t, w.store.records, 2, "the old ones are deleted")
			w.crash()
			w.post("2h", busyOf("shop", "web")).is(Duplicate, 4, 4)
		})
	}
}

func TestRespelled_AnotherConnectionIsAnotherCluster(t *testing.T) {
	w := newWorld(t, spelled("prod", "Deployment"), 3)
	w.post("0s", busyOf("shop", "web")).is(Scaled, 3, 4)
	other := fmt.Sprintf("connections: {test: https://other}\ntargets:\n"+
		"  any: {driver: test, kind: Deployment, namespace: '{{ .Labels.namespace }}', name: '{{ .Labels.deployment }}', max: 10}\n%s", anyBusy)
	w.reload("10m", other)
	w.post("11m", busyOf("shop", "web")).is(Scaled, 3, 4)
	w.has(4, "test:Deployment/shop/web")
}

func TestRespelled_AnOpenCallAndAnIntentFollow(t *testing.T) {
	w := newWorld(t, spelled("prod", "Deployment"), 3)
	w.fails(answerLost)
	w.post("0s", busyOf("shop", "web")).verdict(Failed)
	w.reload("500ms", spelled("cluster", "Deployment"))
	w.until("1h").has(4, "cluster:Deployment/shop/web")
	require.Len(t, w.loads[parseRef("cluster:Deployment/shop/web")].changes, 1)
}

func TestRespelled_TheNewNameIsStoredBeforeTheOldOneIsDeleted(t *testing.T) {
	w := newWorld(t, spelled("prod", "Deployment"), 3)
	w.post("0s", busyOf("shop", "web")).is(Scaled, 3, 4)
	w.until("10m")
	w.set = newSet(t, spelled("cluster", "Deployment"))
	w.crashIn = 2 // the first stores it
	w.useAll()
	w.until("11m")
	require.Contains(t, w.store.records, "cluster:Deployment/shop/web")
	w.post("12m", busyOf("shop", "web")).is(Duplicate, 4, 4)
	w.until("200h")
	w.forgot()
}
