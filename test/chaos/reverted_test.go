package chaos

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// gitops keeps the count of a Deployment as it is, as a GitOps controller does that has it in its repository, until the test
// ends.
func (s shop) gitops(t *testing.T, name string, count int) {
	t.Helper()
	deployments := admin.Dynamic.Resource(schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}).Namespace(string(s))
	ctx, cancel := context.WithCancel(t.Context())
	events, err := deployments.Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + name})
	require.NoError(t, err)
	var failed error
	var done sync.WaitGroup
	done.Go(func() {
		defer events.Stop()
		for event := range events.ResultChan() {
			got, ok := event.Object.(*unstructured.Unstructured)
			if !ok {
				continue // that the watch ends
			}
			if n, _, _ := unstructured.NestedInt64(got.Object, "spec", "replicas"); n == int64(count) {
				continue
			}
			patch := fmt.Appendf(nil, `{"spec": {"replicas": %d}}`, count)
			if _, err := deployments.Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: "gitops"}); err != nil && ctx.Err() == nil {
				failed = errors.Join(failed, err)
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		done.Wait()
		require.NoError(t, failed)
	})
}

// TestReverted has somebody set a Deployment's count back after each change. After three of them alertscale leaves it alone,
// and says so in the log, by a metric and by an Event, and does not forget it when it is killed. Another Deployment, which
// nobody sets back, goes on.
func TestReverted(t *testing.T) {
	t.Parallel()
	s := newShop(t, 3, "web", "other")
	web, other := admin.WatchReplicas(t, s.object("web")), admin.WatchReplicas(t, s.object("other"))
	s.gitops(t, "web", 3)
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Kubeconfig: account(t), Config: fmt.Sprintf(`
targets:
  any: {driver: kubernetes, kind: Deployment, namespace: %s, name: '{{ .Labels.deployment }}', max: 1000, cooldown: 0s}
rules:
  - {name: busy, matchers: ['alertname="Busy"'], target: any, up: 1, repeat: 1s}
`, s)})
	busy := s.firing("Busy", "web")
	post(t, a, 200, "scaled", busy)
	post(t, a, 200, "scaled", s.firing("Busy", "other"))

	series := fmt.Sprintf(`alertscale_reverted_total{ref=%q}`, s.ref("web"))
	a.WaitMetric(t, series, 3, wait)
	a.WaitLog(t, `rule=busy verdict=reverted from=3 to=3 why="1 alert fires; up 1: 3 → 4; somebody else set the count back after each of our last 3 changes`)
	admin.WaitEvent(t, s.object("web"), "Warning Reverted", wait)
	other.Wait(t, len(other.Changes())+3, wait)

	a.Kill(t)
	a.Start(t)
	post(t, a, 200, "reverted", busy)
	other.Wait(t, len(other.Changes())+3, wait)
	require.InDelta(t, 3, a.Metric(t, series), 0)
	require.Zero(t, a.Metric(t, fmt.Sprintf(`alertscale_reverted_total{ref=%q}`, s.ref("other"))))
	require.Equal(t, []int{3, 4, 3, 4, 3, 4, 3}, web.Values())
}
