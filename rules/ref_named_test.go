package rules

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRefNamed(t *testing.T) {
	set := newSet(t, fixedAndAny+`
  - {name: node busy, matchers: [alertname=NodeBusy], target: any, up: 1}
`)
	for name, want := range map[string]string{
		"web":                             "kubernetes:Deployment/shop/web",
		"kubernetes:Deployment/shop/web":  "kubernetes:Deployment/shop/web",
		"kubernetes:Deployment/shop/cart": "kubernetes:Deployment/shop/cart",
	} {
		ref, err := set.RefNamed(name)
		require.NoError(t, err, name)
		require.Equal(t, want, ref)
	}
	for name, want := range map[string]string{
		"any":                             `target "any" is a family: name one of its refs, such as kubernetes:Deployment/NAMESPACE/NAME`,
		"wbe":                             `"wbe" is no target of the file, and no ref that one of its targets has, did you mean "web"?`,
		"nobody":                          `"nobody" is no target of the file, and no ref that one of its targets has; there are any, web`,
		"swarm:Deployment/shop/cart":      `"swarm:Deployment/shop/cart" is no target of the file, and no ref that one of its targets has; there are any, web`,
		"kubernetes:StatefulSet/shop/web": `"kubernetes:StatefulSet/shop/web" is no target of the file, and no ref that one of its targets has; there are any, web`,
		"kubernetes:a/b/c/d":              `"kubernetes:a/b/c/d" is no target of the file, and no ref that one of its targets has; there are any, web`,
	} {
		_, err := set.RefNamed(name)
		require.EqualError(t, err, want)
	}
}

func TestRefNamed_ByTheShapeOfTheDriver(t *testing.T) {
	set := newSet(t, `
targets:
  any: {driver: sim, namespace: '{{ .Labels.namespace }}', name: '{{ .Labels.app }}', max: 3}
  pods: {driver: kubernetes, kind: HorizontalPodAutoscaler, namespace: shop, name: '{{ .Labels.app }}', path: /spec/minReplicas, max: 3}
rules: []
`)
	for _, name := range []string{"sim:shop/cart", "kubernetes:HorizontalPodAutoscaler/shop/web#/spec/minReplicas"} {
		ref, err := set.RefNamed(name)
		require.NoError(t, err)
		require.Equal(t, name, ref)
	}
	for _, name := range []string{"sim:cart", "kubernetes:HorizontalPodAutoscaler/shop/web", "kubernetes:HorizontalPodAutoscaler/other/web#/spec/minReplicas"} {
		_, err := set.RefNamed(name)
		require.Error(t, err, name)
	}
}
