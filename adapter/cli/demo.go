package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"alertscale/adapter/config"
	"alertscale/adapter/controller"
	"alertscale/adapter/driver/simulator"
	"alertscale/adapter/recording"
	sinklog "alertscale/adapter/sink/log"
	"alertscale/adapter/store/memory"
	"alertscale/adapter/web"
	"alertscale/examples"
	"alertscale/rules"

	"github.com/go-kit/log"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/client_golang/prometheus"
)

// DemoOptions say how the demo runs.
type DemoOptions struct {
	Speed    float64       // how much faster than real time the simulated service lives
	Duration time.Duration // of real time
	Terminal bool          // whether a line may be written over
	History  string        // the file to record to, for replay; empty: none
}

// demoRef is the workload of the example's target web.
var demoRef = rules.Ref{Driver: "kubernetes", Kind: "Deployment", Namespace: "shop", Name: "web"}

// tick is how often the demo looks at its service, in real time.
const tick = 50 * time.Millisecond

// demo is a service under load, what watches it, and alertscale, in one process.
type demo struct {
	DemoOptions
	screen  *screen
	start   time.Time
	adapter *controller.Controller
	driver  *simulator.Driver
	url     string
	alerts  []*alarm

	recorder *recording.Recorder // nil: nothing is recorded
}

// Demo shows the whole loop: the load of a simulated service rises and falls, its alerts are sent over HTTP in
// Alertmanager's format, the example's rules decide, and the count follows.
func Demo(out io.Writer, o DemoOptions) (err error) {
	if o.Speed <= 0 || o.Duration <= 0 {
		return errors.New("--speed and --duration must be above 0")
	}
	d := &demo{DemoOptions: o, screen: &screen{out: out, terminal: o.Terminal}, start: time.Now(), alerts: newAlarms()}
	ctx, cancel := context.WithTimeout(context.Background(), o.Duration)
	defer cancel()
	stop, err := d.wire(ctx)
	if err != nil {
		return err
	}
	defer func() {
		stop()
		if closing := d.closeRecorder(); err == nil {
			err = closing
		}
	}()
	d.screen.line("A simulated Deployment shop/web, %g times faster than life, under the rules of examples/alertscale.yml.", o.Speed)
	d.screen.line("Alerts are posted to %s as Alertmanager does, each repeated every %s.", d.url, repeatEvery)
	d.screen.line("Each line: minutes and seconds, load in CPUs, load as a share of what the replicas request, replicas.")
	go d.adapter.Run(ctx)
	err = d.live(ctx)
	d.screen.end()
	return err
}

// now is the time of the simulated world.
func (d *demo) now() time.Time {
	return d.start.Add(time.Duration(float64(time.Since(d.start)) * d.Speed))
}

// wire starts alertscale on loopback, with the simulator in place of the cluster.
func (d *demo) wire(ctx context.Context) (stop func(), err error) {
	file, err := config.Parse("alertscale.yml", examples.Alertscale, false)
	if err != nil {
		return nil, err
	}
	d.driver = simulator.New(simulator.Config{Workloads: map[string]int{"shop/web": 3}}, simulator.Options{Now: d.now})
	snapshot := &controller.Snapshot{
		Rules: file.Rules, Text: file.Text(),
		Drivers: map[string]controller.Backend{demoRef.Driver: {Driver: d.driver, Timeout: controller.DefaultTimeout}},
	}
	if err := d.record(); err != nil {
		return nil, err
	}
	reg := prometheus.NewRegistry()
	d.adapter, err = controller.New(ctx, controller.Options{
		Store: memory.New(), Metrics: controller.NewMetrics(reg, 100), Now: d.now, MaxSleep: tick, Counted: d.counted,
		Logger: log.LoggerFunc(d.screen.decision), Sinks: []controller.Sink{sinklog.New(log.LoggerFunc(d.screen.decision))},
	}, snapshot)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on loopback: %w", err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: web.New(web.Options{
		Handler: d.adapter, View: d.adapter, File: fixedFile(file.Text()), Decode: d.decode, Metrics: web.NewMetrics(reg),
		Gatherer: reg, Logger: log.NewNopLogger(),
	})}
	d.url = "http://" + listener.Addr().String() + "/webhook"
	go func() { _ = server.Serve(listener) }()
	return func() { _ = server.Close() }, nil
}

// live lets the simulated world go by until ctx ends.
func (d *demo) live(ctx context.Context) error {
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	for {
		now := d.now()
		load := loadAt(now.Sub(d.start))
		count, _ := d.driver.Count(demoRef)
		for _, a := range d.alerts {
			if a.watch(load/float64(count), now) {
				if err := d.post(ctx, a.notification()); err != nil && ctx.Err() == nil {
					return err
				}
			}
		}
		d.screen.status(now.Sub(d.start), load, count)
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
	}
}

// post sends a notification.
func (d *demo) post(ctx context.Context, n notification) error {
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("post to %s: %w", d.url, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		return fmt.Errorf("post to %s: %s: %s", d.url, resp.Status, text)
	}
	return nil
}

// notification is Alertmanager's webhook payload.
type notification struct {
	template.Data
	Version         string `json:"version"`
	GroupKey        string `json:"groupKey"`
	TruncatedAlerts uint64 `json:"truncatedAlerts"`
}

// fixedFile is a configuration that cannot be reloaded.
type fixedFile string

func (f fixedFile) Config() string { return string(f) }
func (f fixedFile) Reload() error  { return errors.New("the demo's rules are built in") }
