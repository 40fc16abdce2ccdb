package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestAnotherWriter lets somebody else change a count at the same time, as careful as alertscale: each
// change is relative to the count that it replaces, so in the end the count is the sum of all.
func TestAnotherWriter(t *testing.T) {
	const episodes, writes, big = 30, 120, 100
	t.Logf("-seed=%d", *seed)
	s := newShop(t, 5000, "web")
	proxy := stack.ProxyAPIServer(t, api)
	watch := admin.WatchReplicas(t, s.object("web"))
	config := `
targets:
  web: {driver: kubernetes, kind: Deployment, namespace: ` + string(s) + `, name: web, max: 100000, cooldown: 0s}
rules:
  - {name: busy, matchers: ['alertname="Busy"'], target: web, up: 100}
  - {name: idle, matchers: ['alertname="Idle"'], target: web, down: 100}
`
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: config, Kubeconfig: accountVia(t, proxy)})

	other := make(chan int, 1)
	failed := make(chan error, 1)
	go func() {
		sum, err := stepper(t.Context(), s, writes)
		failed <- err
		other <- sum
	}()
	want, rnd := 0, rand.New(rand.NewPCG(*seed, 1))
	for range episodes {
		name, step := "Busy", big
		if rnd.IntN(3) == 0 {
			name, step = "Idle", -big
		}
		want += step
		fires := s.firing(name, "web")
		require.NoError(t, deliver(t.Context(), a.URL, notification(fires)))
		require.NoError(t, deliver(t.Context(), a.URL, notification(fires.resolved())))
	}
	require.NoError(t, <-failed)
	sum := <-other
	watch.Exactly(t, episodes+writes, wait, quiet)
	require.Equal(t, 5000+want+sum, admin.Scale(t, s.object("web")))
	ours := 0
	for _, c := range watch.Changes() {
		if step := c.To - c.From; step == big || step == -big {
			ours++
		} else {
			require.Contains(t, []int{1, -1}, step, "neither has computed with a stale count")
		}
	}
	require.Equal(t, episodes, ours)
	t.Logf("%d episodes took %d changes asked for", episodes, len(proxy.Requests(stack.Method(http.MethodPatch))))
}

// stepper changes the count of web by one, up or down, n times, and returns the sum.
func stepper(ctx context.Context, s shop, n int) (sum int, err error) {
	rnd := rand.New(rand.NewPCG(*seed, 2))
	deployments := admin.Dynamic.Resource(schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}).
		Namespace(string(s))
	for range n {
		time.Sleep(time.Duration(rnd.Int64N(int64(20 * time.Millisecond))))
		step := 2*rnd.IntN(2) - 1
		for {
			scale, err := deployments.Get(ctx, "web", metav1.GetOptions{}, "scale")
			if err != nil {
				return sum, err
			}
			count, _, err := unstructured.NestedInt64(scale.Object, "spec", "replicas")
			if err != nil {
				return sum, err
			}
			if err := unstructured.SetNestedField(scale.Object, count+int64(step), "spec", "replicas"); err != nil {
				return sum, err
			}
			_, err = deployments.Update(ctx, scale, metav1.UpdateOptions{}, "scale")
			if err == nil {
				break
			}
			if !apierrors.IsConflict(err) {
				return sum, fmt.Errorf("another writer: %w", err)
			}
		}
		sum += step
	}
	return sum, nil
}

// TestSenders lets sixteen senders speak of alerts of one Deployment at the same time: each is an episode
// of a rule of its own, and none is told of a conflict.
func TestSenders(t *testing.T) {
	const senders = 16
	s := newShop(t, 3, "web")
	watch := admin.WatchReplicas(t, s.object("web"))
	config := `
targets:
  web: {driver: kubernetes, kind: Deployment, namespace: ` + string(s) + `, name: web, max: 100000, cooldown: 0s}
rules:
`
	for i := range senders {
		config += fmt.Sprintf("  - {name: busy %[1]d, matchers: ['alertname=\"Busy%[1]d\"'], target: web, up: 1}\n", i)
	}
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: config, Kubeconfig: account(t)})
	var answers []<-chan answer
	for i := range senders {
		answers = append(answers, later(t, a, s.firing(fmt.Sprint("Busy", i), "web")))
	}
	scaled := 0
	for _, answered := range answers {
		got := <-answered
		require.Equal(t, 200, got.Code, "%+v", got)
		if got.verdicts()[0] == "scaled" {
			scaled++
		}
	}
	// Calls that are open at the same time are served by one step, so there are as many steps as changes.
	time.Sleep(quiet)
	changes := watch.Changes()
	require.NotEmpty(t, changes)
	require.LessOrEqual(t, len(changes), senders)
	for _, c := range changes {
		require.Equal(t, c.From+1, c.To)
	}
	require.GreaterOrEqual(t, scaled, len(changes))
	_, metrics := a.Get(t, "/metrics")
	require.Contains(t, metrics, "\nalertscale_deferred_calls 0\n")
}
