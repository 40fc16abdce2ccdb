package scenarios

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestRole asks the API server what alertscale's account may do. That it is enough is what the other
// tests show.
func TestRole(t *testing.T) {
	account := stack.NewClient(t, account(t))
	for _, test := range []struct {
		verb, group, resource, subresource string
		allowed                            bool
	}{
		{"get", "apps", "deployments", "scale", true},
		{"patch", "apps", "deployments", "scale", true},
		{"get", "apps", "statefulsets", "scale", true},
		{"patch", "apps", "statefulsets", "scale", true},
		{"list", "autoscaling", "horizontalpodautoscalers", "", true},
		{"watch", "autoscaling", "horizontalpodautoscalers", "", true},
		{"watch", "keda.sh", "scaledobjects", "", true},
		{"create", "", "events", "", true},
		{"patch", "", "events", "", true},

		{"get", "autoscaling", "horizontalpodautoscalers", "", false},
		{"patch", "autoscaling", "horizontalpodautoscalers", "", false},
		{"list", "", "events", "", false},
		{"delete", "", "events", "", false},
		{"update", "apps", "deployments", "scale", false},
		{"get", "apps", "deployments", "", false},
		{"list", "apps", "deployments", "", false},
		{"watch", "apps", "deployments", "", false},
		{"patch", "apps", "deployments", "", false},
		{"update", "apps", "deployments", "", false},
		{"create", "apps", "deployments", "", false},
		{"delete", "apps", "deployments", "", false},
		{"patch", "apps", "deployments", "status", false},
		{"patch", "apps", "replicasets", "scale", false},
		{"patch", "example.com", "others", "scale", false},
		{"get", "", "secrets", "", false},
		{"get", "", "configmaps", "", false},
		{"list", "", "pods", "", false},
		{"create", "", "pods", "", false},
		{"create", "", "serviceaccounts", "token", false},
		{"impersonate", "", "users", "", false},
		{"*", "*", "*", "*", false},
	} {
		got := review(t, account, "selfsubjectaccessreviews", "SelfSubjectAccessReview", map[string]any{
			"resourceAttributes": map[string]any{
				"namespace": "shop", "verb": test.verb, "group": test.group,
				"resource": test.resource, "subresource": test.subresource,
			},
		})
		require.Equal(t, test.allowed, got["allowed"], "%+v", test)
	}
}

// TestRoleIsAll compares what alertscale's account may do with what one without any role may.
func TestRoleIsAll(t *testing.T) {
	none := stack.NewClient(t, stack.WriteKubeconfig(t, cluster.API.URL, cluster.API.CA,
		shipped.Token(t, cluster.Client, shipped.Namespace, "default")))
	anybody := rules(t, none)
	require.NotEmpty(t, anybody)
	// What another test has bound and unbound may still be known for a moment.
	stack.Eventually(t, wait, func() error {
		var own []string
		for rule := range rules(t, stack.NewClient(t, account(t))) {
			if !anybody[rule] {
				own = append(own, rule)
			}
		}
		want := []string{
			`{"apiGroups":[""],"resources":["events"],"verbs":["create","patch"]}`,
			`{"apiGroups":["apps"],"resources":["deployments/scale","statefulsets/scale"],"verbs":["get","patch"]}`,
			`{"apiGroups":["autoscaling"],"resources":["horizontalpodautoscalers"],"verbs":["list","watch"]}`,
			`{"apiGroups":["keda.sh"],"resources":["scaledobjects"],"verbs":["list","watch"]}`,
		}
		slices.Sort(own)
		if !slices.Equal(own, want) {
			return fmt.Errorf("the account may do, beside what any may: %s\nwant just: %s", own, want)
		}
		return nil
	})
}

// rules returns what an account may do, each rule as JSON.
func rules(t *testing.T, account *stack.Client) map[string]bool {
	t.Helper()
	status := review(t, account, "selfsubjectrulesreviews", "SelfSubjectRulesReview", map[string]any{"namespace": "shop"})
	require.Equal(t, false, status["incomplete"])
	all := map[string]bool{}
	for _, list := range []string{"resourceRules", "nonResourceRules"} {
		for _, rule := range status[list].([]any) {
			text, err := json.Marshal(rule)
			require.NoError(t, err)
			all[string(text)] = true
		}
	}
	return all
}

// review asks the API server about the account itself, and returns the status of the answer.
func review(t *testing.T, account *stack.Client, resource, kind string, spec map[string]any) map[string]any {
	t.Helper()
	const group = "authorization.k8s.io"
	answer, err := account.Dynamic.Resource(schema.GroupVersionResource{Group: group, Version: "v1", Resource: resource}).
		Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": group + "/v1", "kind": kind, "spec": spec,
		}}, metav1.CreateOptions{})
	require.NoError(t, err)
	status, _, err := unstructured.NestedMap(answer.Object, "status")
	require.NoError(t, err)
	return status
}
