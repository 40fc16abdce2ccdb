package scenarios

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"alertscale/test/stack"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// A meter shows what cAdvisor and kube-state-metrics would of the pods of a namespace. Each Deployment
// has a load, which its running pods share: so what a step does to the metrics is seen as well.
type meter struct {
	exporter  *stack.Exporter
	namespace string

	mu   sync.Mutex
	load map[string]float64 // of a Deployment: how many pods of it would be fully used

	used  map[string]float64 // CPU seconds of a pod so far
	shown map[string]bool    // series
}

// requested is how many cores each pod requests.
const requested = 0.5

// startMeter measures until the test ends.
func startMeter(t *testing.T, namespace string) *meter {
	t.Helper()
	m := &meter{
		exporter: stack.StartExporter(t), namespace: namespace,
		load: map[string]float64{}, used: map[string]float64{}, shown: map[string]bool{},
	}
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { m.run(ctx) })
	t.Cleanup(func() { cancel(); done.Wait() })
	return m
}

// setLoad says how many pods of a Deployment would be fully used from now on.
func (m *meter) setLoad(deployment string, pods float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.load[deployment] = pods
}

func (m *meter) loadOf(deployment string) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.load[deployment]
}

func (m *meter) run(ctx context.Context) {
	last := time.Now()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
		sets, pods, err := m.list(ctx)
		if err != nil {
			continue // what is shown stays
		}
		now := time.Now()
		m.show(m.series(sets, pods, now.Sub(last).Seconds()))
		last = now
	}
}

func (m *meter) list(ctx context.Context) (sets, pods []unstructured.Unstructured, err error) {
	all := func(group, resource string) ([]unstructured.Unstructured, error) {
		gvr := schema.GroupVersionResource{Group: group, Version: "v1", Resource: resource}
		list, err := cluster.Client.Dynamic.Resource(gvr).Namespace(m.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, err
		}
		return list.Items, nil
	}
	if sets, err = all("apps", "replicasets"); err == nil {
		pods, err = all("", "pods")
	}
	return sets, pods, err
}

// series returns what is to be seen, after so many seconds more.
func (m *meter) series(sets, pods []unstructured.Unstructured, seconds float64) map[string]float64 {
	series := map[string]float64{}
	deploymentOf := map[string]string{}
	for _, set := range sets {
		owner := owner(set)
		deploymentOf[set.GetName()] = owner.Name
		series[fmt.Sprintf("kube_replicaset_owner{namespace=%q,replicaset=%q,owner_kind=%q,owner_name=%q}",
			m.namespace, set.GetName(), owner.Kind, owner.Name)] = 1
	}
	running := map[string]float64{}
	for _, pod := range pods {
		if phase(pod) == "Running" {
			running[deploymentOf[owner(pod).Name]]++
		}
	}
	for _, pod := range pods {
		labels, owner := fmt.Sprintf("namespace=%q,pod=%q", m.namespace, pod.GetName()), owner(pod)
		if deployment := deploymentOf[owner.Name]; phase(pod) == "Running" {
			m.used[pod.GetName()] += requested * m.loadOf(deployment) / running[deployment] * seconds
		}
		series[fmt.Sprintf("kube_pod_owner{%s,owner_kind=%q,owner_name=%q}", labels, owner.Kind, owner.Name)] = 1
		series[fmt.Sprintf("kube_pod_status_phase{%s,phase=%q}", labels, phase(pod))] = 1
		series["kube_pod_container_resource_requests{"+labels+`,container="main",resource="cpu",unit="core"}`] = requested
		series["container_cpu_usage_seconds_total{"+labels+`,container="main"}`] = m.used[pod.GetName()]
	}
	return series
}

func (m *meter) show(series map[string]float64) {
	for s := range m.shown {
		if _, there := series[s]; !there {
			m.exporter.Delete(s)
			delete(m.shown, s)
		}
	}
	for s, value := range series {
		m.exporter.Set(s, value)
		m.shown[s] = true
	}
}

func owner(o unstructured.Unstructured) metav1.OwnerReference {
	if all := o.GetOwnerReferences(); len(all) > 0 {
		return all[0]
	}
	return metav1.OwnerReference{}
}

func phase(pod unstructured.Unstructured) string {
	phase, _, _ := unstructured.NestedString(pod.Object, "status", "phase")
	return phase
}
