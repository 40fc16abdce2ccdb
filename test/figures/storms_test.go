package figures

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"alertscale/test/figures/floor"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// bareWorkers is how many workers a bare program would have that changes many Deployments.
const bareWorkers = 64

// storm compares the rate at which one notification changes a thousand Deployments with that of as many
// workers that do nothing else.
func storm(t *testing.T, b *bench) {
	const n, rounds = 1000, 3
	names, alerts := b.deployments(t, "storm", n)
	alone, s := b.bare(t), newSender(b.start(t, anyDeployment, "").URL, alerts...)
	var bares, ours []float64
	for range rounds {
		one := n / took(t, func() error { return forAll(t.Context(), bareWorkers, names, alone.Up) }).Seconds()
		two := n / took(t, func() error { return untilServed(s.fire, s.repeat) }).Seconds()
		require.NoError(t, untilServed(s.resolve, s.resolve))
		bares, ours = append(bares, one), append(ours, two)
	}
	b.requireScales(t, names, 1+2*rounds)
	ratio := median(ours) / median(bares)
	b.table.add("1,000 Deployments at once, to 64 bare workers", ">= 0.8", ratio >= 0.8, fmt.Sprintf("%.2f", ratio),
		fmt.Sprintf("%.0f/s to %.0f/s changes", median(ours), median(bares)))
}

// storms does the same with ten notifications at a time, of so many Deployments that they cannot all be changed
// within the time that a notification is given. It counts the answers that are not for that reason.
func storms(t *testing.T, b *bench) {
	const notifications = 10
	n, rounds := either(1000, 10_000), either(3, 5)
	names, alerts := b.deployments(t, "storms", n)
	alone, url := b.bare(t), b.start(t, anyDeployment, "").URL
	var all []*sender
	for i := range notifications {
		all = append(all, newSender(url, alerts[i*n/notifications:(i+1)*n/notifications]...))
	}
	var bares, durables, ours []float64
	var count answers
	for range rounds {
		one := float64(n) / took(t, func() error { return forAll(t.Context(), bareWorkers, names, alone.Up) }).Seconds()
		durable := float64(n) / took(t, func() error { return forAll(t.Context(), 4*bareWorkers, names, b.durably(t, alone)) }).Seconds()
		two := float64(n) / took(t, func() error {
			return together(all, func(s *sender) error { return untilServed(count.timed(s.fire), count.timed(s.repeat)) })
		}).Seconds()
		require.NoError(t, together(all, func(s *sender) error { return untilServed(s.resolve, s.resolve) }))
		bares, durables, ours = append(bares, one), append(durables, durable), append(ours, two)
	}
	b.requireScales(t, names, 1+3*rounds)
	ratio := median(ours) / median(bares)
	b.table.add(fmt.Sprintf("%d Deployments in ten, to 64 bare workers", n), ">= 0.95", ratio >= 0.95, fmt.Sprintf("%.2f", ratio),
		fmt.Sprintf("%.0f/s to %.0f/s changes", median(ours), median(bares)))
	b.table.add("  64 bare workers with commits in between, to the same", "", true, fmt.Sprintf("%.2f", median(durables)/median(bares)),
		fmt.Sprintf("%.0f/s changes", median(durables)))
	early := count.early.Load()
	b.table.add("  answers of 503 before the deadline", "0", early == 0, fmt.Sprint(early),
		fmt.Sprintf("%d at it", count.unavailable.Load()-early))
}

// durably returns what changes a Deployment after a commit, which many share. While it waits for that, another one has its
// place among the workers.
func (b *bench) durably(t *testing.T, alone floor.Deployments) func(context.Context, string) error {
	group, places := floor.NewGroup(newDisk(t)), make(chan struct{}, bareWorkers)
	enter, leave := func() { places <- struct{}{} }, func() { <-places }
	return func(ctx context.Context, name string) error {
		enter()
		defer leave()
		return alone.UpAfter(ctx, name, func() error {
			leave()
			defer enter()
			return group.Commit()
		})
	}
}

const anyDeployment = `drivers: {kubernetes: {qps: 100000, burst: 100000}}
targets:
  any:
    driver: kubernetes
    kind: Deployment
    namespace: '{{ .Labels.namespace }}'
    name: '{{ .Labels.deployment }}'
    max: 1000
    cooldown: 0s
rules:
  - {name: busy, matchers: ['alertname="Busy"'], target: any, up: 1}
`

// deployments makes n Deployments, and returns their names and the labels of an alert of each.
func (b *bench) deployments(t *testing.T, prefix string, n int) (names []string, alerts []map[string]string) {
	t.Helper()
	for i := range n {
		name := fmt.Sprintf("%s-%d", prefix, i)
		names = append(names, name)
		alerts = append(alerts, map[string]string{"alertname": "Busy", "namespace": namespace, "deployment": name, "severity": "warning"})
	}
	require.NoError(t, forAll(t.Context(), 16, names, func(_ context.Context, name string) error {
		b.deployment(t, name)
		return nil
	}))
	return names, alerts
}

// requireScales checks the scale of some Deployments.
func (b *bench) requireScales(t *testing.T, names []string, want int) {
	t.Helper()
	for _, name := range []string{names[0], names[len(names)/2], names[len(names)-1]} {
		require.Equal(t, want, b.admin.Scale(t, stack.Object{Kind: "Deployment", Namespace: namespace, Name: name}), "one change each")
	}
}

// answers counts those of 503.
type answers struct{ unavailable, early atomic.Int64 }

// timed counts an answer of 503, also as one that came early where it came well before the eight seconds in which a
// notification is answered.
func (a *answers) timed(post func() error) func() error {
	return func() error {
		begin := time.Now()
		err := post()
		if answer := (*answerError)(nil); errors.As(err, &answer) && answer.code == http.StatusServiceUnavailable {
			a.unavailable.Add(1)
			if time.Since(begin) < 7500*time.Millisecond {
				a.early.Add(1)
			}
		}
		return err
	}
}

// together calls f for each sender at once.
func together(all []*sender, f func(*sender) error) error {
	errs := make([]error, len(all))
	var done sync.WaitGroup
	for i, s := range all {
		done.Go(func() { errs[i] = f(s) })
	}
	done.Wait()
	return errors.Join(errs...)
}
