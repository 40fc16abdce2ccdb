package kubernetes

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestClaim(t *testing.T) {
	meta := metav1.ObjectMeta{Namespace: "shop", Name: "x", ResourceVersion: "7"}
	for name, test := range map[string]struct {
		kind, spec string
		want       claim
	}{
		"an HPA": {
			kindHPA, `"minReplicas":2,"maxReplicas":5,"scaleTargetRef":{"apiVersion":"example.com/v1","kind":"Fleet","name":"red"}`,
			claim{scaled: "example.com/Fleet/shop/red", min: 2, max: 5},
		},
		"an HPA of a core kind": {
			kindHPA, `"maxReplicas":5,"scaleTargetRef":{"apiVersion":"v1","kind":"ReplicationController","name":"red"}`,
			claim{scaled: "/ReplicationController/shop/red", min: 1, max: 5},
		},
		"a ScaledObject": {
			kindScaledObject, `"maxReplicaCount":5,"scaleTargetRef":{"apiVersion":"apps/v1","kind":"StatefulSet","name":"db"}`,
			claim{scaled: "apps/StatefulSet/shop/db", min: 0, max: 5},
		},
		"a ScaledObject that says no kind": {
			kindScaledObject, `"scaleTargetRef":{"name":"web"}`, claim{scaled: "apps/Deployment/shop/web", min: 0, max: 100},
		},
		"a version that is none": {kindHPA, `"scaleTargetRef":{"apiVersion":"a/b/c","kind":"Fleet","name":"red"}`, claim{min: 1, max: 1}},
		"nothing scaled":         {kindScaledObject, ``, claim{min: 0, max: 100}},
		"a number that is none": {
			kindScaledObject, `"minReplicaCount":"two","scaleTargetRef":{"name":"web"}`, claim{scaled: "apps/Deployment/shop/web", min: 0, max: 100},
		},
	} {
		var a autoscaler
		require.NoError(t, tolerant(json.Unmarshal([]byte(`{"metadata":{"namespace":"shop","name":"x","resourceVersion":"7","annotations":{"a":"b"}},"spec":{`+test.spec+`}}`), &a)))
		test.want.kind, test.want.ObjectMeta = test.kind, meta
		got := a.claim(test.kind)
		require.Equal(t, test.want, got, name)
		require.Equal(t, &got, got.DeepCopyObject())
		keys, err := scaledBy(&got)
		require.NoError(t, err)
		require.Equal(t, test.want.scaled == "", len(keys) == 0)
	}
	require.Error(t, tolerant(json.Unmarshal([]byte(`{"metadata"`), &autoscaler{})))
}
