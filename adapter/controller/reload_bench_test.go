package controller_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// bench returns a controller, on a store as it is, that runs until the benchmark ends.
func bench(b *testing.B, store controller.Store, file *controller.Snapshot) *controller.Controller {
	c, err := controller.New(b.Context(), controller.Options{
		Store: store, Logger: log.NewNopLogger(), Metrics: controller.NewMetrics(prometheus.NewRegistry(), 100),
	}, file)
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	b.Cleanup(cancel)
	go c.Run(ctx)
	return c
}

// notifyApps sends alerts of the workloads from, from+1, … to-1, which began at a time.
func notifyApps(c *controller.Controller, from, to int, starts time.Time) {
	var alerts []alert
	for i := from; i < to; i++ {
		alerts = append(alerts, alert{name: "AppBusy", labels: rules.Labels{{Name: "app", Value: fmt.Sprint("app", i)}}, starts: starts})
	}
	e := event(alerts...)
	e.GroupKey = fmt.Sprint(from)
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	c.Handle(ctx, e)
}

// BenchmarkReload is a start and a reload with 100,000 refs, and the longest that a notification that changes nothing
// takes from the reload on.
func BenchmarkReload(b *testing.B) {
	const refs = 100_000
	w := &world{driver: newFakeDriver(map[string]int{}), store: newFakeStore()}
	for i := range refs {
		w.driver.counts[fmt.Sprint("app", i)] = 1
	}
	file := snapshot(b, webRules, 12*time.Hour, "fake", w.driver)
	c, starts := bench(b, w.store, file), time.Now()
	for i := 0; i < refs; i += 1000 {
		notifyApps(c, i, i+1000, starts)
	}
	time.Sleep(2 * time.Second) // the outcomes
	for b.Loop() {
		start := time.Now()
		c = bench(b, w.store, file)
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "start-ms")
		notifyApps(c, 0, 1, starts)
		used, longest := make(chan struct{}), time.Duration(0)
		time.Sleep(2 * time.Second)
		start = time.Now()
		go func() { c.Use(snapshot(b, webRules, 12*time.Hour, "fake", w.driver)); close(used) }()
		for end := false; !end; {
			select {
			case <-used:
				b.ReportMetric(float64(time.Since(start).Milliseconds()), "reload-ms")
				used = nil
			default:
			}
			before := time.Now()
			notifyApps(c, 0, 1, starts)
			longest = max(longest, time.Since(before))
			end = used == nil && time.Since(start) > 3*time.Second
		}
		b.ReportMetric(float64(longest.Milliseconds()), "longest-ms")
	}
}
