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
			s := newSender(a.URL, busy(i))
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

// untilServed posts, and posts again as long as not all is done, as Alertmanager does.
func untilServed(first, again func() error) error {
	err := first()
	for deadline := time.Now().Add(10 * time.Minute); time.Now().Before(deadline); err = again() {
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
