package kubernetes

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/adapter/store/memory"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/yamldoc"
)

// TestAFreshAlertGoesBeforeOldCallsInTheLimit restarts on 60 open calls, and counts how many requests are sent before a
// fresh alert is scaled.
func TestAFreshAlertGoesBeforeOldCallsInTheLimit(t *testing.T) {
	const open = 60
	f := newFake(t, true)
	for i := range open + 1 {
		f.put(deploymentPath(fmt.Sprint("web", i)), 1)
	}
	file, store := slowFile(t, f), memory.New()
	f.with(func() { f.down = true })
	c, end := running(t, file, store)
	for _, d := range c.Handle(t.Context(), busy(0, open)) {
		require.Equal(t, engine.Failed, d.Verdict)
	}
	end()
	f.with(func() { f.down = false })
	c, end = running(t, file, store)
	defer end()
	before := f.count("GET")
	for f.count("GET") < before+5 {
		runtime.Gosched()
	}
	before = f.count("")
	require.Equal(t, engine.Scaled, c.Handle(t.Context(), busy(open, open+1))[0].Verdict)
	require.Less(t, f.count("")-before, open/2)
}

// slowFile is a file whose driver sends 100 requests a second.
func slowFile(t *testing.T, f *fake) *controller.Snapshot {
	d, err := New(Config{Kubeconfig: f.kubeconfig(t), QPS: 100, Burst: 1}, Options{Version: "1.2.3", Now: time.Now})
	require.NoError(t, err)
	doc, root := yamldoc.Parse("test.yml", []byte(`
targets: {any: {driver: kubernetes, kind: Deployment, namespace: shop, name: '{{ .Labels.name }}', max: 10}}
rules: [{name: busy, matchers: ['alertname="Busy"'], target: any, up: 1}]`))
	set := rules.NewSet(rules.SetOptions{
		AlertTTL: 12 * time.Hour, Root: root, Targets: root.Peek("targets"), Rules: root.Peek("rules"),
		Drivers: map[string]rules.RefSchema{"kubernetes": {Kind: true, Namespace: true}},
	})
	require.NoError(t, doc.Err())
	return &controller.Snapshot{Rules: set, Drivers: map[string]controller.Backend{"kubernetes": {Driver: d, Timeout: 30 * time.Second}}}
}

// running returns a controller that runs until the function is called.
func running(t *testing.T, file *controller.Snapshot, store controller.Store) (*controller.Controller, func()) {
	c, err := controller.New(t.Context(), controller.Options{
		Store: store, Logger: log.NewNopLogger(), Metrics: controller.NewMetrics(prometheus.NewRegistry(), 0),
	}, file)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { c.Run(ctx); close(ended) }()
	return c, func() {
		stop()
		<-ended
		require.NoError(t, c.Shutdown(context.Background()))
	}
}

// busy is an alert for each of the Deployments webN from one to another.
func busy(from, to int) *rules.Event {
	e := &rules.Event{Receiver: "alertscale", GroupKey: fmt.Sprint(from)}
	for i := from; i < to; i++ {
		ls := rules.Labels{{Name: "alertname", Value: "Busy"}, {Name: "name", Value: fmt.Sprint("web", i)}}
		e.Alerts = append(e.Alerts, rules.Alert{Fingerprint: fmt.Sprintf("%016x", i), Labels: ls, StartsAt: time.Now()})
	}
	return e
}
