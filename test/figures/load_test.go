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

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// senders compares the rate at which sixteen senders are served that all want a Deployment changed with
// that of one sender. Each brings an alert of its own, and resolves it once it is served.
func senders(t *testing.T, b *bench) {
	const many, rounds, length = 16, 3, 2 * time.Second
	o := b.deployment(t, "senders")
	a := b.start(t, config(o.Name, many), "")
	rate := func(n int) (served, changes float64) {
		before, begin := b.admin.Scale(t, o), time.Now()
		var count atomic.Int64
		var all sync.WaitGroup
		for i := range n {
			s := newSender(a, busy(i))
			all.Go(func() {
				for time.Since(begin) < length {
					// Of 409, or anything but 200, there is to be none.
					if err := errors.Join(s.fire(), s.resolve()); err != nil {
						t.Error(err)
						return
					}
					count.Add(1)
				}
			})
		}
		all.Wait()
		seconds := time.Since(begin).Seconds()
		return float64(count.Load()) / seconds, float64(b.admin.Scale(t, o)-before) / seconds
	}
	rate(1)
	var one, all, oneChanges, allChanges []float64
	for range rounds {
		served, changes := rate(1)
		one, oneChanges = append(one, served), append(oneChanges, changes)
		served, changes = rate(many)
		all, allChanges = append(all, served), append(allChanges, changes)
	}
	require.False(t, t.Failed())
	ratio := median(all) / median(one)
	b.table.add("16 senders on one Deployment, to one sender", ">= 0.9", ratio >= 0.9, fmt.Sprintf("%.2f", ratio),
		fmt.Sprintf("%.0f/s to %.0f/s answered, %.0f/s to %.0f/s changes, all answers 200",
			median(all), median(one), median(allChanges), median(oneChanges)))
}

// storm compares the rate at which one notification changes a thousand Deployments with that of as many
// workers that do nothing else.
func storm(t *testing.T, b *bench) {
	const n, workers, rounds = 1000, 64, 3
	names, alerts := make([]string, n), make([]map[string]string, n)
	for i := range n {
		names[i] = fmt.Sprintf("storm-%d", i)
		alerts[i] = map[string]string{"alertname": "Busy", "namespace": namespace, "deployment": names[i], "severity": "warning"}
	}
	for _, name := range names {
		b.deployment(t, name)
	}
	a := b.start(t, fmt.Sprintf(`drivers: {kubernetes: {qps: %d, burst: %[1]d}}
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
`, limit), "")
	alone, s := b.bare(t), newSender(a, alerts...)
	var bares, ours []float64
	for range rounds {
		one := n / took(t, func() error { return forAll(t.Context(), workers, names, alone.up) }).Seconds()
		two := n / took(t, func() error { return untilServed(s.fire, s.repeat) }).Seconds()
		require.NoError(t, untilServed(s.resolve, s.resolve))
		bares, ours = append(bares, one), append(ours, two)
	}
	for _, name := range []string{names[0], names[n/2], names[n-1]} {
		o := stack.Object{Kind: "Deployment", Namespace: namespace, Name: name}
		require.Equal(t, 1+2*rounds, b.admin.Scale(t, o), "one change each")
	}
	ratio := median(ours) / median(bares)
	b.table.add("1,000 Deployments at once, to 64 bare workers", ">= 0.8", ratio >= 0.8, fmt.Sprintf("%.2f", ratio),
		fmt.Sprintf("%.0f/s to %.0f/s changes", median(ours), median(bares)))
}

// untilServed posts, and posts again as long as not all is done, as Alertmanager does.
func untilServed(first, again func() error) error {
	err := first()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); err = again() {
		var answer *answerError
		if !errors.As(err, &answer) || answer.code != http.StatusServiceUnavailable {
			return err
		}
	}
	return err
}

// forAll calls f for each name, by so many workers, and returns the errors.
func forAll(ctx context.Context, workers int, names []string, f func(context.Context, string) error) error {
	work, failed := make(chan string), make(chan error, len(names))
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for name := range work {
				failed <- f(ctx, name)
			}
		})
	}
	for _, name := range names {
		work <- name
	}
	close(work)
	all.Wait()
	close(failed)
	var errs []error
	for err := range failed {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
