package chaos

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// optedIn is a file under which Deployments say their own bounds.
var optedIn = strings.Replace(anyDeployment, "max: 10000\n", "max: 20\n    bounds: workload\n", 1)

// boundsRole lets alertscale read annotations of the Deployments of a shop.
const boundsRole = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: bounds, namespace: %s}
rules:
- {apiGroups: [apps], resources: [deployments], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: bounds, namespace: %[1]s}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: bounds}
subjects: [{kind: ServiceAccount, namespace: monitoring, name: alertscale}]
`

func (s shop) annotate(t *testing.T, name string, annotations map[string]any) {
	t.Helper()
	admin.Patch(t, s.object(name), map[string]any{"metadata": map[string]any{"annotations": annotations}})
}

// told returns what was asked about a Deployment: the method, and whether of its scale.
func (s shop) told(proxy *stack.Proxy, name string) (all []string) {
	for _, r := range proxy.Requests(nil) {
		if path, rest, ok := strings.Cut(r.Path, "/namespaces/"+string(s)+"/deployments/"+name); ok && path == "/apis/apps/v1" {
			all = append(all, r.Method+" "+rest)
		}
	}
	return all
}

// TestBounds_OfWorkloads: a Deployment says its own bounds, which costs one request a change more and none a repeat; one that
// says nothing is left alone until it does.
func TestBounds_OfWorkloads(t *testing.T) {
	s, proxy := newShop(t, 3, "web", "cart"), stack.ProxyAPIServer(t, api)
	s.annotate(t, "web", map[string]any{"alertscale.min": "2", "alertscale.max": "4", "other": "x"})
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: optedIn, Kubeconfig: accountVia(t, proxy)})
	refused := post(t, a, 422, "rejected", s.firing("Idle", "web"))
	require.Contains(t, strings.Join(refused.Data.Decisions[0].Why, " "), "the role must grant get on deployments in the API group apps")

	admin.Apply(t, fmt.Sprintf(boundsRole, s))
	stack.Eventually(t, wait, func() error { // the role may not have been heard of
		got, err := send(t.Context(), a.URL, notification(s.firing("Idle", "web")))
		if err == nil && got.Code != http.StatusOK {
			err = fmt.Errorf("%+v", got)
		}
		return err
	})
	require.Equal(t, 2, admin.Scale(t, s.object("web")))
	idle := s.firing("Idle", "web")
	post(t, a, 200, "resolved", idle.resolved())

	proxy.Forget()
	busy := s.firing("Busy", "web")
	post(t, a, 200, "scaled", busy)
	require.ElementsMatch(t, []string{"GET /scale", "GET ", "PATCH /scale"}, s.told(proxy, "web"))
	proxy.Forget()
	post(t, a, 200, "duplicate", busy)
	require.Empty(t, s.told(proxy, "web"))
	for i, want := range []string{"scaled", "at_bound"} {
		post(t, a, 200, "resolved", busy.resolved())
		busy.StartsAt = time.Now()
		got := post(t, a, 200, want, busy)
		require.Equal(t, 4, admin.Scale(t, s.object("web")), "%d: %+v", i, got)
	}
	_, targets := a.Get(t, "/api/v1/targets")
	require.Contains(t, targets, `"count":4,"min":2,"max":4`)
	_, metrics := a.Get(t, "/metrics")
	require.Contains(t, metrics, fmt.Sprintf("alertscale_target_max_replicas{ref=%q} 4", s.ref("web")))
	s.leftAlone(t, a, proxy)
}

// leftAlone has an alert about cart, which says nothing before it opts in.
func (s shop) leftAlone(t *testing.T, a *stack.Alertscale, proxy *stack.Proxy) {
	proxy.Forget()
	busy := s.firing("Busy", "cart")
	got := post(t, a, 200, "rejected", busy)
	require.Contains(t, strings.Join(got.Data.Decisions[0].Why, " "), "left alone: it says no bounds of its own")
	for range 5 {
		post(t, a, 200, "duplicate", busy)
	}
	require.Len(t, s.told(proxy, "cart"), 2, "once, with its annotations")
	more := busy
	more.Fingerprint += "/2"
	s.annotate(t, "cart", map[string]any{"alertscale.max": "many"})
	wrong := post(t, a, 200, "rejected", busy, more)
	require.Contains(t, strings.Join(wrong.Data.Decisions[0].Why, " "), `its annotation alertscale.max is "many", want a whole number`)
	s.annotate(t, "cart", map[string]any{"alertscale.max": "9"})
	more.Fingerprint += "/3"
	post(t, a, 200, "scaled", busy, more)
	require.Equal(t, 4, admin.Scale(t, s.object("cart")))
}
