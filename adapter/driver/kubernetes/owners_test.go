package kubernetes

import (
	"bytes"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/stretchr/testify/require"

	"alertscale/rules"
	"alertscale/rules/engine"
)

const scaledObjects = "/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects/"

// owning is a fake with autoscalers, a driver, and what the driver logs.
type owning struct {
	*testing.T
	fake   *fake
	driver *Driver
	log    *syncBuffer
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newOwning(t *testing.T, f *fake) *owning {
	o := &owning{T: t, fake: f, log: &syncBuffer{}}
	shared := NewShared()
	shared.retry = time.Millisecond
	o.driver = o.connect(shared)
	f.put(deploymentPath("web"), 3)
	return o
}

func (o *owning) connect(shared *Shared) *Driver {
	d, err := New(Config{Kubeconfig: o.fake.kubeconfig(o), QPS: 1e6, Burst: 1e6}, Options{Now: time.Now, Shared: shared, Logger: log.NewLogfmtLogger(o.log)})
	require.NoError(o, err)
	o.Cleanup(func() { require.NoError(o, d.Close()) })
	return d
}

// owner is who else a read says scales a ref; empty: nobody.
func (o *owning) owner(ref rules.Ref) string {
	o.Helper()
	seen, err := o.driver.Observe(o.Context(), ref)
	require.NoError(o, err)
	if len(seen.Conditions) == 0 {
		return ""
	}
	require.Len(o, seen.Conditions, 1)
	require.Equal(o, engine.ConditionOwned, seen.Conditions[0].Type)
	return seen.Conditions[0].Text
}

func (o *owning) becomes(ref rules.Ref, want string) {
	o.Helper()
	require.Eventually(o, func() bool { return o.owner(ref) == want }, 10*time.Second, time.Millisecond, want)
}

func (o *owning) logs(want string) {
	o.Helper()
	require.Eventually(o, func() bool { return strings.Contains(o.log.String(), want) }, 10*time.Second, time.Millisecond, want)
}

const (
	scales = `"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}`

	byHPA  = "owned: HorizontalPodAutoscaler web keeps the count between 2 and 10; scale its floor instead (kind: HorizontalPodAutoscaler, name: web, path: /spec/minReplicas), or say when_owned: override"
	byKEDA = "owned: ScaledObject queue keeps the count between 0 and 100; scale its floor instead (kind: ScaledObject, name: queue, path: /spec/minReplicaCount), or say when_owned: override"
)

func TestOwner_OfAnHPA(t *testing.T) {
	f := newFake(t, true)
	withHPAs(f)
	newHPA(f, "web", `"minReplicas":2,"maxReplicas":10,`+scales)
	newHPA(f, "empty", `"maxReplicas":10`)
	o := newOwning(t, f)
	for range 3 {
		require.Equal(t, byHPA, o.owner(deployment("web")), "the first read has it")
	}
	f.put("/api/v1/namespaces/shop/replicationcontrollers/web", 1)
	require.Empty(t, o.owner(rules.Ref{Kind: "ReplicationController", Namespace: "shop", Name: "web"}), "another kind of that name")
	f.put(deploymentPath("other"), 1)
	require.Empty(t, o.owner(deployment("other")))
	require.Empty(t, o.owner(floor("web")), "its own floor is nobody's")

	newHPA(f, "web", `"minReplicas":3,"maxReplicas":10,`+scales)
	o.becomes(deployment("web"), strings.Replace(byHPA, "between 2", "between 3", 1))
	newHPA(f, "also", `"maxReplicas":5,`+scales)
	o.becomes(deployment("web"), strings.NewReplacer("Autoscaler web", "Autoscaler also", "name: web", "name: also", "2 and 10", "1 and 5").Replace(byHPA))
	f.remove(hpas + "also")
	f.remove(hpas + "web")
	o.becomes(deployment("web"), "")
	f.with(func() { require.Equal(t, map[string]int{"horizontalpodautoscalers": 1, "scaledobjects": 1}, f.listed) })
}

// What KEDA's own HPA scales is the ScaledObject's, also where those cannot be watched.
func TestOwner_OfAScaledObject(t *testing.T) {
	f := newFake(t, true)
	withHPAs(f)
	f.create(scaledObjects+"queue", `{"apiVersion":"keda.sh/v1alpha1","kind":"ScaledObject","spec":{"scaleTargetRef":{"name":"web"}}}`)
	f.create(hpas+"keda-hpa-queue", `{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"ownerReferences":[{"apiVersion":"keda.sh/v1alpha1","kind":"ScaledObject","name":"queue"}]},"spec":{"minReplicas":1,"maxReplicas":100,`+scales+`}}`)
	o := newOwning(t, f)
	require.Equal(t, byKEDA, o.owner(deployment("web")))
	queue := rules.Ref{Kind: kindScaledObject, Namespace: "shop", Name: "queue", Path: "/spec/minReplicaCount"}
	require.Empty(t, o.owner(queue))
	const through = "owned: ScaledObject queue keeps the count between 1 and 100 by HorizontalPodAutoscaler keda-hpa-queue; scale its floor instead (kind: ScaledObject, name: queue, path: /spec/minReplicaCount), or say when_owned: override"
	require.Equal(t, through, o.owner(floor("keda-hpa-queue")), "KEDA sets it back")

	f.with(func() { f.refusing["scaledobjects"] = answering(403, 0) })
	without := newOwning(t, f)
	require.Equal(t, through, without.owner(deployment("web")))
}

// What cannot be watched is said once, hinders nothing, and is tried again.
func TestOwner_NotToBeHad(t *testing.T) {
	f := newFake(t, true)
	f.with(func() { f.refusing["horizontalpodautoscalers"] = answering(403, 0) })
	o := newOwning(t, f)
	require.Empty(t, o.owner(deployment("web")))
	const lacking = `level=warn msg="what HorizontalPodAutoscalers scale is not known, so that nothing counts as owned by one; the role must grant list and watch on horizontalpodautoscalers in the API group autoscaling" server=`
	o.logs(lacking + f.server.URL + " err=")
	o.logs(`level=info msg="the cluster has no ScaledObjects; now and then it is asked again" server=` + f.server.URL)
	asked := func(n int) func() bool {
		return func() (enough bool) {
			f.with(func() { enough = f.listed["scaledobjects"] >= n && f.listed["horizontalpodautoscalers"] >= n })
			return enough
		}
	}
	require.Eventually(t, asked(3), 10*time.Second, time.Millisecond)
	require.Equal(t, 1, strings.Count(o.log.String(), "level=warn"))
	require.Equal(t, 2, strings.Count(o.log.String(), "\n"))

	withHPAs(f)
	f.with(func() { delete(f.refusing, "horizontalpodautoscalers") })
	newHPA(f, "web", `"minReplicas":2,"maxReplicas":10,`+scales)
	o.becomes(deployment("web"), byHPA)
	o.logs(`level=info msg="what HorizontalPodAutoscalers scale is known now"`)
	o.logs(`level=info msg="what ScaledObjects scale is known now"`)
}

// A list that does not come holds reads up once, and not each of them.
func TestOwner_ASlowList(t *testing.T) {
	f := newFake(t, true)
	withHPAs(f)
	released := make(chan struct{})
	f.with(func() {
		f.refusing["horizontalpodautoscalers"] = func(http.ResponseWriter, *http.Request) bool { <-released; return false }
	})
	newHPA(f, "web", `"minReplicas":2,"maxReplicas":10,`+scales)
	o := newOwning(t, f)
	require.Empty(t, o.owner(deployment("web")))
	select {
	case <-o.driver.session.owners.patient:
	default:
		t.Fatal("the first read waits")
	}
	require.Empty(t, o.owner(deployment("web")))
	close(released)
	o.becomes(deployment("web"), byHPA)
}

// A reload lists nothing again, and goes on with its credentials; the last driver of a cluster ends its watches.
func TestOwner_OverAReload(t *testing.T) {
	f := newFake(t, true)
	withHPAs(f)
	newHPA(f, "web", `"minReplicas":2,"maxReplicas":10,`+scales)
	o := newOwning(t, f)
	shared := NewShared()
	cfg := Config{Kubeconfig: f.kubeconfig(t), QPS: 1e6, Burst: 1e6}
	open := func() *Driver {
		d, err := New(cfg, Options{Now: time.Now, Shared: shared})
		require.NoError(t, err)
		return d
	}
	before := open()
	o.driver = before
	require.Equal(t, byHPA, o.owner(deployment("web")))
	after := open()
	require.NoError(t, before.Close())
	require.NoError(t, before.Close(), "once is enough")
	o.driver = after
	require.Equal(t, byHPA, o.owner(deployment("web")))
	require.Same(t, after.client, after.session.client.Load())
	f.with(func() { require.Equal(t, map[string]int{"horizontalpodautoscalers": 1, "scaledobjects": 1}, f.listed) })

	require.NoError(t, after.Close())
	require.Empty(t, shared.sessions)
	o.becomes(deployment("web"), "")
}

// TestOwner_TenThousand measures what is kept of autoscalers.
func TestOwner_TenThousand(t *testing.T) {
	const many, most = 10_000, 60 << 20
	f := newFake(t, true)
	withHPAs(f)
	metrics := strings.Repeat(`{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":70}}},`, 8)
	for i := range many {
		newHPA(f, fmt.Sprint("web-", i), fmt.Sprintf(`"minReplicas":2,"maxReplicas":10,"metrics":[%s{}],"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web-%d"}`, metrics, i))
	}
	f.put(deploymentPath("web-7"), 3)
	o := newOwning(t, f)
	before := heap()
	o.becomes(deployment("web-7"), strings.ReplaceAll(strings.ReplaceAll(byHPA, "Autoscaler web", "Autoscaler web-7"), "name: web", "name: web-7"))
	kept := heap() - before
	t.Logf("%d autoscalers: %.1f MiB", many, float64(kept)/(1<<20))
	require.Less(t, kept, int64(most))
	runtime.KeepAlive(o)
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
