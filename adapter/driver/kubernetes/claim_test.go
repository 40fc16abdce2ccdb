package kubernetes

import (
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestClaim(t *testing.T) {
	meta := metav1.ObjectMeta{Namespace: "shop", Name: "x", ResourceVersion: "7"}
	for name, test := range map[string]struct {
		kind string
		spec object
		want claim
	}{
		"an HPA": {
			kindHPA, object{"minReplicas": int64(2), "maxReplicas": int64(5), "scaleTargetRef": object{"apiVersion": "example.com/v1", "kind": "Fleet", "name": "red"}},
			claim{scaled: "example.com/Fleet/shop/red", min: "2", max: "5"},
		},
		"an HPA of a core kind": {
			kindHPA, object{"maxReplicas": int64(5), "scaleTargetRef": object{"apiVersion": "v1", "kind": "ReplicationController", "name": "red"}},
			claim{scaled: "/ReplicationController/shop/red", min: "1", max: "5"},
		},
		"a ScaledObject": {
			kindScaledObject, object{"maxReplicaCount": int64(5), "scaleTargetRef": object{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db"}},
			claim{scaled: "apps/StatefulSet/shop/db", min: "0", max: "5"},
		},
		"a ScaledObject that says no kind": {
			kindScaledObject, object{"scaleTargetRef": object{"name": "web"}},
			claim{scaled: "apps/Deployment/shop/web", min: "0", max: "100"},
		},
		"a version that is none": {
			kindHPA, object{"scaleTargetRef": object{"apiVersion": "a/b/c", "kind": "Fleet", "name": "red"}}, claim{min: "1", max: "1"},
		},
		"nothing scaled": {kindScaledObject, object{}, claim{min: "0", max: "100"}},
	} {
		o := &unstructured.Unstructured{Object: object{"kind": test.kind, "metadata": object{"namespace": "shop", "name": "x", "resourceVersion": "7"}, "spec": test.spec}}
		got, err := asClaim(o)
		require.NoError(t, err)
		test.want.kind, test.want.ObjectMeta = test.kind, meta
		require.Equal(t, &test.want, got, name)
		again, err := asClaim(got)
		require.NoError(t, err)
		require.Same(t, got, again)
		keys, err := scaledBy(got)
		require.NoError(t, err)
		require.Equal(t, test.want.scaled == "", len(keys) == 0)
	}
}
