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

// TestRefusals makes the API server, or what stands in front of it, refuse one request. There is one step
// all the same, by alertscale's own retry, and not before it was asked to come back.
func TestRefusals(t *testing.T) {
	read, write := http.MethodGet, http.MethodPatch
	for _, test := range []struct {
		method string
		stack.Fault
		answer int // to the notification; 0: one of both
	}{
		{read, stack.Fault{Status: 409}, 503},
		{read, stack.Fault{Status: 429}, 503},
		{read, stack.Fault{Status: 429, RetryAfter: 3}, 503},
		{read, stack.Fault{Status: 500}, 503},
		{read, stack.Fault{Status: 503, RetryAfter: 3}, 503},
		{read, stack.Fault{Cut: stack.BeforeRequest}, 0}, // reads may be sent again at once, on another connection
		{read, stack.Fault{Cut: stack.BeforeAnswer}, 0},
		{write, stack.Fault{Status: 409}, 200}, // decided again at once
		{write, stack.Fault{Status: 429}, 503},
		{write, stack.Fault{Status: 429, RetryAfter: 3}, 503},
		{write, stack.Fault{Status: 500}, 503},
		{write, stack.Fault{Status: 503}, 503},
		{write, stack.Fault{Status: 503, RetryAfter: 3}, 503},
		{write, stack.Fault{Status: 504}, 503},
		{write, stack.Fault{Cut: stack.BeforeRequest}, 503},
		{write, stack.Fault{Cut: stack.BeforeAnswer}, 503},
	} {
		name := fmt.Sprintf("%s %d", test.method, test.Status)
		switch {
		case test.RetryAfter > 0:
			name += fmt.Sprintf(" Retry-After %d", test.RetryAfter)
		case test.Cut == stack.BeforeRequest:
			name = test.method + " is lost"
		case test.Cut == stack.BeforeAnswer:
			name = "the answer to " + test.method + " is lost"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, test.method, test.Fault, test.answer)
		})
	}
}

// ofScale matches requests for a scale subresource: not the discovery that goes before them.
func ofScale(r stack.Request) bool { return strings.HasSuffix(r.Path, "/scale") }

func refused(t *testing.T, method string, f stack.Fault, want int) {
	s := newShop(t, 3, "web")
	proxy := stack.ProxyAPIServer(t, api)
	watch := admin.WatchReplicas(t, s.object("web"))
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: anyDeployment, Kubeconfig: accountVia(t, proxy)})
	f.Match, f.Times = func(r stack.Request) bool { return r.Method == method && ofScale(r) }, 1
	fault := proxy.Inject(f)

	fires := s.firing("Busy", "web")
	got := <-later(t, a, fires)
	if want == 0 {
		require.Contains(t, []int{200, 503}, got.Code, "%+v", got)
	} else {
		require.Equal(t, want, got.Code, "%+v", got)
	}
	require.Equal(t, 1, fault.Hits())
	watch.Wait(t, 1, wait)
	require.NoError(t, deliver(t.Context(), a.URL, notification(fires)))
	watch.Exactly(t, 1, wait, quiet)
	require.Equal(t, []int{3, 4}, watch.Values())

	all := proxy.Requests(ofScale)
	for i, r := range all {
		if i > 0 && all[i-1].Method == method && f.RetryAfter > 0 {
			require.GreaterOrEqual(t, r.At.Sub(all[i-1].At), time.Duration(f.RetryAfter)*time.Second, "%v", all)
			break
		}
	}
	if got.Code == http.StatusServiceUnavailable {
		require.Equal(t, "unavailable", got.ErrorType)
		require.NotEmpty(t, got.RetryAfter)
		require.Equal(t, []string{"failed"}, got.verdicts())
	}
}

// TestForbiddenAfterAnOutage answers as an API server does that has just started and does not know its roles
// yet: that is no reason to give up.
func TestForbiddenAfterAnOutage(t *testing.T) {
	s := newShop(t, 3, "web")
	proxy := stack.ProxyAPIServer(t, api)
	watch := admin.WatchReplicas(t, s.object("web"))
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: anyDeployment, Kubeconfig: accountVia(t, proxy)})
	down := proxy.Inject(stack.Fault{Match: ofScale, Times: 1, Status: 500})
	starting := proxy.Inject(stack.Fault{Match: ofScale, Times: 2, Status: 403})
	post(t, a, 503, "failed", s.firing("Busy", "web"))
	watch.Exactly(t, 1, wait, quiet)
	require.Equal(t, []int{1, 2}, []int{down.Hits(), starting.Hits()})
	require.NotContains(t, a.Log(), "verdict=rejected")
}

// TestRejected gives up where the API server says no for good, and says what is missing. The next
// notification finds it mended.
func TestRejected(t *testing.T) {
	s := newShop(t, 3, "web")
	admin.Apply(t, fmt.Sprintf(replicaSet, s))
	proxy := stack.ProxyAPIServer(t, api)
	config := strings.NewReplacer("kind: Deployment", "kind: '{{ .Labels.kind }}'").Replace(anyDeployment)
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: config, Kubeconfig: accountVia(t, proxy)})
	fires := func(kind, name string) alert {
		f := s.firing("Busy", name)
		f.Labels["kind"] = kind
		return f
	}
	locked := fires("ReplicaSet", "locked")
	for _, test := range []struct {
		alert
		why string
	}{
		{locked, "the role must grant get on replicasets/scale in the API group apps"},
		{fires("Deployment", "nobody"), `deployments.apps "nobody" not found; create it, or correct kind, namespace and name`},
		{fires("Deploymnt", "web"), `the API server has no kind Deploymnt, did you mean "Deployment"?; correct the kind, or install what defines it`},
		{fires("DaemonSet", "web"), "kind DaemonSet has no scale subresource, so its count cannot be set; name what owns it and can be scaled"},
	} {
		got := post(t, a, 422, "rejected", test.alert)
		require.Equal(t, "execution", got.ErrorType)
		require.Contains(t, got.Data.Decisions[0].Why[0], test.why)
	}
	post(t, a, 200, "scaled", fires("Deployment", "web"))
	asked := len(proxy.Requests(ofScale))
	time.Sleep(quiet)
	require.Len(t, proxy.Requests(ofScale), asked, "it does not ask again by itself")

	admin.Apply(t, replicaSetRole)
	stack.Eventually(t, wait, func() error {
		got, err := send(t.Context(), a.URL, notification(locked))
		if err == nil && got.Code != 200 {
			err = fmt.Errorf("%d %s", got.Code, got.Error)
		}
		return err
	})
	require.Equal(t, 4, admin.Scale(t, stack.Object{Kind: "ReplicaSet", Namespace: string(s), Name: "locked"}))
}

const replicaSet = `
apiVersion: apps/v1
kind: ReplicaSet
metadata: {namespace: %s, name: locked}
spec:
  replicas: 3
  selector: {matchLabels: {app: locked}}
  template:
    metadata: {labels: {app: locked}}
    spec: {containers: [{name: main, image: none.invalid/none}]}
`

const replicaSetRole = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: more}
rules: [{apiGroups: [apps], resources: [replicasets/scale], verbs: [get, patch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: more}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: more}
subjects: [{kind: ServiceAccount, namespace: monitoring, name: alertscale}]
`
