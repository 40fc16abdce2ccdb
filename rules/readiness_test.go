package rules

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWaitsReady(t *testing.T) {
	set := newSet(t, `
targets:
  web: {driver: kubernetes, kind: Deployment, namespace: shop, name: web, max: 10}
  any: {driver: kubernetes, kind: Deployment, namespace: '{{ .Labels.namespace }}', name: '{{ .Labels.deployment }}', max: 10, wait_ready: 5m}
  db: {driver: kubernetes, kind: StatefulSet, namespace: shop, name: db, max: 10, wait_ready: 1m}
rules: [{name: busy, matchers: [a=b], target: any, up: 1}]
`)
	for kind, want := range map[string]map[string]bool{"Deployment": {"web": false, "cart": true}, "StatefulSet": {"db": true, "other": false}} {
		for name, waits := range want {
			require.Equal(t, waits, set.WaitsReady(Ref{Driver: "kubernetes", Kind: kind, Namespace: "shop", Name: name}), name)
		}
	}
}
