package controller_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"alertscale/adapter/controller"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

// describedDriver is a driver that says where it is connected.
type describedDriver struct {
	*fakeDriver
	describe func() error // nil: it answers
	asked    int
	qps      float64
}

func (d *describedDriver) Describe(context.Context) (controller.Endpoint, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	if d.describe != nil {
		return controller.Endpoint{Address: "https://api"}, d.describe()
	}
	return controller.Endpoint{Address: "https://api", User: "scaler", Version: "v1.2"}, nil
}

func (d *describedDriver) QPS() float64 { return d.qps }

// watched runs a test in a bubble with a controller that keeps the counts known, on a driver that says where it is
// connected.
func watched(t *testing.T, text string, counts map[string]int, prepare func(*world, *describedDriver), test func(*world, *describedDriver)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, driver: newFakeDriver(counts), store: newFakeStore(), readFixed: true, refresh: 5 * time.Minute}
		d := &describedDriver{fakeDriver: w.driver}
		w.file = snapshot(t, text, 12*time.Hour, "fake", d)
		prepare(w, d)
		w.start()
		test(w, d)
		w.stop()
	})
}

func asIs(*world, *describedDriver) {}

// fixed are two fixed targets and one with a template.
const fixed = `
targets:
  web: {driver: fake, name: web, min: 2, max: 20}
  cart: {driver: fake, name: cart, max: 9}
  any: {driver: fake, name: '{{ .Labels.app }}', max: 10}
rules:
  - {name: busy, matchers: ['alertname="Busy"'], target: web, up: 2}
  - {name: app busy, matchers: ['alertname="AppBusy"'], target: any, up: 1}
`

// lines returns what was logged since the last time.
func (w *world) lines() (all []string) {
	for line := range strings.Lines(w.logged.String()) {
		all = append(all, strings.TrimSuffix(line, "\n"))
	}
	w.logged.Reset()
	return all
}

// counts returns the counts as the API has them; -1: none is known.
func (w *world) counts() map[string]int {
	all := map[string]int{}
	for _, s := range w.a.Targets() {
		if all[s.Ref] = -1; s.Count != nil {
			all[s.Ref] = *s.Count
		}
	}
	return all
}

// gauges compares the metrics of refs and drivers.
func (w *world) gauges(want string) {
	w.t.Helper()
	var text strings.Builder
	for line := range strings.Lines(want) {
		name, _, _ := strings.Cut(line, "{")
		if !strings.Contains(text.String(), "TYPE "+name+" ") {
			help := map[string]string{
				"alertscale_driver_up":           "Whether the API of a driver answered, and took the credentials, when it was last called.",
				"alertscale_target_max_replicas": "Upper bound of a ref.", "alertscale_target_min_replicas": "Lower bound of a ref.",
				"alertscale_target_replicas": "Count of a ref, as last read.",
			}[name]
			fmt.Fprintf(&text, "# HELP %s %s\n# TYPE %[1]s gauge\n", name, help)
		}
		text.WriteString(line)
	}
	require.NoError(w.t, testutil.GatherAndCompare(w.reg, strings.NewReader(text.String()),
		"alertscale_driver_up", "alertscale_target_replicas", "alertscale_target_min_replicas", "alertscale_target_max_replicas"))
}

// readTimes notes when each ref is read.
func readTimes(d *describedDriver) map[string][]time.Time {
	all := map[string][]time.Time{}
	d.onObserve = func(name string) error {
		d.with(func(*fakeDriver) { all[name] = append(all[name], time.Now()) })
		return nil
	}
	return all
}

// crowdOf is a file of so many fixed targets, and their counts.
func crowdOf(n int) (text string, counts map[string]int) {
	var b strings.Builder
	b.WriteString("targets:\n  any: {driver: fake, name: '{{ .Labels.app }}', max: 10}\n")
	counts = map[string]int{}
	for i := range n {
		fmt.Fprintf(&b, "  web%d: {driver: fake, name: web%[1]d, max: 9}\n", i)
		counts[fmt.Sprint("web", i)] = 1
	}
	b.WriteString("rules: [{name: app busy, matchers: ['alertname=\"AppBusy\"'], target: any, up: 1}]\n")
	return b.String(), counts
}
