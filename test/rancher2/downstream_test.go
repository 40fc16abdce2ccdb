package rancher2

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/drivertest"
	"alertscale/adapter/driver/kubernetes"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/test/fakerancher2"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// downstream is the id of the cluster that is scaled.
const downstream = "c-m-abc12"

// readOnlyRole lets the account read the scale of ReplicationControllers, beyond the role of the examples.
const readOnlyRole = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: read-only}
rules:
- {apiGroups: [""], resources: [replicationcontrollers/scale], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: read-only}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: read-only}
subjects: [{kind: ServiceAccount, namespace: monitoring, name: alertscale}]
`

const (
	template              = "template: {metadata: {labels: {app: x}}, spec: {containers: [{name: main, image: none.invalid/none}]}}"
	replicationController = "{apiVersion: v1, kind: ReplicationController, metadata: {namespace: %s, name: %s}, spec: {replicas: %d, selector: {app: x}, " + template + "}}"
	replicaSet            = "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {namespace: %s, name: %s}, spec: {replicas: %d, selector: {matchLabels: {app: x}}, " + template + "}}"
	deployments           = "{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: %s, name: %s}, spec: {replicas: %d, selector: {matchLabels: {app: x}}, " + template + "}}"
)

// via is what the file says for a driver by way of a front.
func (f *front) via(t *testing.T) *kubernetes.Rancher {
	r := &kubernetes.Rancher{URL: f.URL, TokenFile: fileOf(t, f.token+"\n"), Cluster: downstream}
	if f.CA != nil {
		r.CAFile = fileOf(t, string(f.CA))
	}
	return r
}

func newDriver(t *testing.T, r *kubernetes.Rancher) *kubernetes.Driver {
	t.Helper()
	d, err := kubernetes.New(kubernetes.Config{Rancher: r, QPS: 1e6, Burst: 1e6}, kubernetes.Options{Version: "test", Now: time.Now})
	require.NoError(t, err)
	return d
}

// TestConformance runs the suite of all drivers through the front, in plain HTTP and with a CA of its own.
func TestConformance(t *testing.T) {
	admin.Apply(t, readOnlyRole)
	for name, o := range map[string]fakerancher2.Options{"http": {}, "https": {TLS: true}} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t, o, token, downstream, fakerancher2.Local)
			drivertest.Run(t, harness(t, f, newDriver(t, f.via(t))))
		})
	}
}

func harness(t *testing.T, f *front, driver controller.Driver) drivertest.Harness {
	namespace := newNamespace(t, 0)
	ref := func(kind, name string) rules.Ref {
		return rules.Ref{Driver: "kubernetes", Kind: kind, Namespace: namespace, Name: name}
	}
	var names atomic.Int32
	maker := func(kind, manifest string) func(*testing.T, int) rules.Ref {
		return func(t *testing.T, count int) rules.Ref {
			name := fmt.Sprint("it-", names.Add(1))
			admin.Apply(t, fmt.Sprintf(manifest, namespace, name, count))
			return ref(kind, name)
		}
	}
	var slow *stack.Injected
	patches := stack.Method(http.MethodPatch)
	return drivertest.Harness{
		Driver:      driver,
		Make:        maker("Deployment", deployments),
		Forbidden:   maker("ReplicaSet", replicaSet),
		ReadOnly:    maker("ReplicationController", replicationController),
		Count:       func(t *testing.T, ref rules.Ref) int { return admin.Scale(t, object(ref)) },
		Change:      func(t *testing.T, ref rules.Ref, count int) { admin.SetScale(t, object(ref), count) },
		Missing:     func(*testing.T) rules.Ref { return ref("Deployment", "nobody") },
		MissingKind: func(*testing.T) rules.Ref { return ref("Deploymnt", "web") },
		Settle: func(t *testing.T, ref rules.Ref) {
			admin.Patch(t, object(ref), map[string]any{"status": map[string]any{"replicas": admin.Scale(t, object(ref))}}, "status")
		},
		Down: func(*testing.T) { f.Down() },
		Up:   func(t *testing.T) { f.Up(t) },
		Lose: func(*testing.T) { f.LoseNext(1) },
		Refuse: func(_ *testing.T, status int, retryAfter time.Duration) {
			f.Inject(stack.Fault{Match: ofScale, Times: 1, Status: status, RetryAfter: int(retryAfter / time.Second)})
		},
		Slow: func(_ *testing.T, delay time.Duration) {
			if slow != nil {
				slow.Remove()
			}
			if delay > 0 {
				slow = f.Slow(delay)
			}
		},
		Requests: func(*testing.T) (reads, writes int) {
			reads = len(f.Requests(func(r stack.Request) bool { return ofScale(r) && r.Method == http.MethodGet }))
			return reads, len(f.Requests(patches))
		},
	}
}

func ofScale(r stack.Request) bool { return strings.HasSuffix(r.Path, "/scale") }

// object is what the tests call a ref.
func object(ref rules.Ref) stack.Object {
	return stack.Object{Kind: ref.Kind, Namespace: ref.Namespace, Name: ref.Name}
}

// TestWhatRancherSays brings each odd answer about, before the kinds are known and after, and takes it back.
func TestWhatRancherSays(t *testing.T) {
	ref := rules.Ref{Kind: "Deployment", Namespace: newNamespace(t, 3, "web"), Name: "web"}
	for name, test := range map[string]struct {
		bring func(*front) (takeBack func())
		is    error // nil: transient
		want  string
	}{
		"the token is unknown": {bring: func(f *front) func() {
			f.Revoke(f.token)
			return nil
		}, want: "401: Unauthorized 401: must authenticate; Rancher does not take the token of "},
		"the token is of another cluster": {bring: holder(fakerancher2.Holder{Scope: fakerancher2.Local}), want: "401: Unauthorized 401: must authenticate; Rancher does not take the token of "},
		"the user may not see it":         {bring: holder(fakerancher2.Holder{Members: []string{"c-m-def34"}}), is: controller.ErrForbidden, want: "Rancher says so: it has no cluster c-m-abc12, or hides it"},
		"no such cluster": {bring: func(f *front) func() {
			f.RemoveCluster(downstream)
			return nil
		}, is: controller.ErrNotFound, want: `404: clusters.management.cattle.io "c-m-abc12" not found; Rancher says so: it has no cluster c-m-abc12, or hides it`},
		"unavailable":  {bring: state(fakerancher2.Unavailable), want: "503: cluster not found; Rancher says so: c-m-abc12 is unavailable, or disconnected from it"},
		"disconnected": {bring: state(fakerancher2.Disconnected), want: "500: cluster agent disconnected; Rancher says so: c-m-abc12 is unavailable, or disconnected from it"},
		"no Rancher":   {bring: func(f *front) func() { return f.Gateway(http.StatusBadGateway).Remove }, want: `502: an HTML page, "502 Bad Gateway"; what is in front of Rancher says so`},
		"a login page": {bring: func(f *front) func() { return f.Login().Remove }, want: "302 Found; URL/k8s/clusters/c-m-abc12 redirects to /dashboard/auth/login; rancher.url must lead to Rancher itself"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t, fakerancher2.Options{}, token, downstream)
			early, late := newDriver(t, f.via(t)), newDriver(t, f.via(t))
			o, err := late.Observe(t.Context(), ref)
			require.NoError(t, err)
			takeBack := test.bring(f)
			want := strings.Replace(test.want, "URL", f.URL, 1)
			_, discovery := early.Observe(t.Context(), ref)
			_, read := late.Observe(t.Context(), ref)
			write := late.Scale(t.Context(), ref, engine.Change{From: 3, To: 4, Version: o.Version})
			for _, err := range []error{discovery, read, write} {
				require.ErrorContains(t, err, want)
				for _, sentinel := range []error{controller.ErrNotFound, controller.ErrForbidden, controller.ErrInvalid, controller.ErrConflict} {
					require.Equal(t, sentinel == test.is, errors.Is(err, sentinel), "%v", err)
				}
			}
			require.Equal(t, 3, admin.Scale(t, object(ref)))
			if takeBack != nil {
				takeBack()
				_, err = late.Observe(t.Context(), ref)
				require.NoError(t, err)
			}
		})
	}
}

// holder makes the token another one's.
func holder(h fakerancher2.Holder) func(*front) func() {
	return func(f *front) func() {
		f.SetHolder(f.token, h)
		return func() { f.SetHolder(f.token, fakerancher2.Holder{}) }
	}
}

// state lets the cluster go into a state.
func state(s fakerancher2.State) func(*front) func() {
	return func(f *front) func() {
		f.SetState(downstream, s)
		return func() { f.SetState(downstream, fakerancher2.Active) }
	}
}
