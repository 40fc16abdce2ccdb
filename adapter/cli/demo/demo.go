// Package demo shows the whole loop in one process: a simulated service under changing load, what watches it by the files
// of examples/, and alertscale.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"alertscale/adapter/config"
	"alertscale/adapter/controller"
	"alertscale/adapter/driver/simulator"
	"alertscale/adapter/recording"
	"alertscale/adapter/store/memory"
	"alertscale/adapter/web"
	"alertscale/examples"
	"alertscale/rules"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
)

// Options say how the demo runs.
type Options struct {
	Speed    float64       // how much faster than real time the simulated service lives
	Duration time.Duration // of real time
	Terminal bool          // whether a line may be written over
	History  string        // the file to record to, for replay; empty: none
}

// maxSpeed leaves a step of the simulated world time enough for what happens in it.
const maxSpeed = 3600

// demoRef is the workload of the example's target web.
func demoRef() rules.Ref {
	return rules.Ref{Driver: "kubernetes", Kind: "Deployment", Namespace: "shop", Name: "web"}
}

// demo is a service under load, what watches it, and alertscale, in one process.
type demo struct {
	Options
	clock   clock
	file    *config.File
	adapter *controller.Controller
	driver  *simulator.Driver
	url     string
	alarms  []*alarm
	visitor visitor

	screen *screen
	mu     sync.Mutex // of the tally
	tally  tally

	recorder *recording.Recorder // nil: nothing is recorded
}

// Run shows the whole loop until the simulated world is as old as the options say, or ctx ends: the load of a service rises
// and falls, the alerts of rules.conf are posted over HTTP in Alertmanager's format, alertscale.yml decides, and the count
// follows. What is printed has 80 columns at most, and is the same at each speed.
func Run(ctx context.Context, out io.Writer, o Options) (err error) {
	if o.Speed <= 0 || o.Speed > maxSpeed || o.Duration <= 0 {
		return fmt.Errorf("--speed and --duration must be above 0, and --speed at most %d", maxSpeed)
	}
	d := &demo{Options: o, screen: &screen{out: out, terminal: o.Terminal}, tally: tally{first: startCount, last: startCount}}
	if d.alarms, err = readAlarms(examples.Rules, examples.Alertmanager); err != nil {
		return err
	}
	stop, err := d.wire()
	if err != nil {
		return errors.Join(err, d.closeRecorder())
	}
	d.introduce()
	past, err := d.live(ctx)
	stop()
	d.screen.end()
	if err == nil {
		d.conclude(past)
	}
	return errors.Join(err, d.closeRecorder())
}

// wire starts alertscale on loopback, with the simulator in place of the cluster.
func (d *demo) wire() (stop func(), err error) {
	if d.file, err = config.Parse("alertscale.yml", examples.Alertscale, config.LoadOptions{}); err != nil {
		return nil, err
	}
	workload := demoRef().Namespace + "/" + demoRef().Name
	d.driver = simulator.New(simulator.Config{Workloads: map[string]int{workload: startCount}}, simulator.Options{Now: d.clock.now})
	snapshot := &controller.Snapshot{
		Rules: d.file.Rules, Text: d.file.Text(),
		Drivers: map[string]controller.Backend{demoRef().Driver: {Driver: d.driver, Timeout: controller.DefaultTimeout}},
	}
	if err := d.record(); err != nil {
		return nil, err
	}
	reg := prometheus.NewRegistry()
	d.adapter, err = controller.New(context.Background(), controller.Options{
		Store: memory.New(), Metrics: controller.NewMetrics(reg, 100), Now: d.clock.now, MaxSleep: time.Millisecond, Counted: d.counted,
		Logger: log.LoggerFunc(d.logged), Sinks: []controller.Sink{d},
	}, snapshot)
	if err != nil {
		return nil, err
	}
	return d.serve(reg)
}

// serve lets alertscale listen and work. Once it is stopped, it prints nothing any more.
func (d *demo) serve(reg *prometheus.Registry) (stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on loopback: %w", err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: web.New(web.Options{
		Handler: d.adapter, View: d.adapter, File: fixedFile(d.file.Text()), Decode: d.decode, Metrics: web.NewMetrics(reg),
		Gatherer: reg, Logger: log.NewNopLogger(),
	})}
	d.url = "http://" + listener.Addr().String() + "/webhook"
	go func() { _ = server.Serve(listener) }()
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.adapter.Run(ctx)
	}()
	return func() {
		_ = server.Close()
		end()
		<-ended
		patient, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = d.adapter.Shutdown(patient) // nothing is kept of it
	}, nil
}

// logged shows what alertscale logs beside its decisions.
func (d *demo) logged(keyvals ...any) error {
	var words []string
	for i := 0; i+1 < len(keyvals); i += 2 {
		words = append(words, fmt.Sprintf("%v=%v", keyvals[i], keyvals[i+1]))
	}
	d.screen.event(d.clock.now(), "log", strings.Join(words, " "))
	return nil
}

// fixedFile is a configuration that cannot be reloaded.
type fixedFile string

func (f fixedFile) Config() (string, map[string]string) { return string(f), nil }
func (f fixedFile) Reload() error                       { return errors.New("the demo's rules are built in") }
