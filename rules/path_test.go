package rules

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const floors = `
targets:
  floor: {driver: kubernetes, kind: HorizontalPodAutoscaler, namespace: shop, name: web, path: /spec/minReplicas, min: 0, max: 10}
  any: {driver: kubernetes, kind: HorizontalPodAutoscaler, namespace: shop, name: '{{ .Labels.hpa }}', path: /spec/minReplicas, max: 10}
  ceiling: {driver: kubernetes, kind: HorizontalPodAutoscaler, namespace: shop, name: '{{ .Labels.hpa }}', path: /spec/maxReplicas, max: 10}
rules: [{name: busy, matchers: [a=b], target: floor, up: 1}]
`

func TestPath_IsPartOfARef(t *testing.T) {
	set := newSet(t, floors)
	fixed, ok := set.Targets["floor"].Ref()
	require.True(t, ok)
	require.Equal(t, "kubernetes:HorizontalPodAutoscaler/shop/web#/spec/minReplicas", fixed.String())

	rendered, err := set.Targets["any"].render(Labels{{"hpa", "cart"}})
	require.NoError(t, err)
	require.Equal(t, "kubernetes:HorizontalPodAutoscaler/shop/cart#/spec/minReplicas", rendered.String())
	require.Same(t, set.Targets["any"], set.Owner(rendered, ""))
	rendered.Path = "/spec/maxReplicas"
	require.Same(t, set.Targets["ceiling"], set.Owner(rendered, ""), "another field is another ref")
	rendered.Path = ""
	require.Nil(t, set.Owner(rendered, ""))
}

func TestPath_AFieldOfTheLongestName(t *testing.T) {
	require.NoError(t, checkPath("/"+strings.Repeat("a", maxPart-1)))
	require.NoError(t, checkPath("/metadata/annotations/example.org~1count~0"))
}
