// Alertscale turns Prometheus alerts into scaling: Alertmanager posts its webhook to it, it matches the
// alerts against rules, and scales workloads on Kubernetes, Rancher and Docker Swarm.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // for time intervals with a location: an image made from scratch has no zones

	"alertscale/adapter/config"
	"alertscale/adapter/controller"
	"alertscale/adapter/recording"
	"alertscale/adapter/sink/history"
	sinklog "alertscale/adapter/sink/log"
	sinkmetrics "alertscale/adapter/sink/metrics"
	"alertscale/adapter/source/alertmanager"
	"alertscale/adapter/store"
	"alertscale/adapter/web"

	"github.com/alecthomas/kingpin/v2"
	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/oklog/run"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	versioncollector "github.com/prometheus/client_golang/prometheus/collectors/version"
	"github.com/prometheus/common/version"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"
)

func main() {
	app := kingpin.New("alertscale", "Turns Prometheus alerts into scaling.").UsageWriter(os.Stdout)
	app.HelpFlag.Short('h')
	app.Version(version.Print("alertscale"))

	serve := app.Command("serve", "Take Alertmanager's notifications and scale (default).").Default()
	o := serveFlags(serve)

	commands := append(clientCommands(app), checkCommand(app), testCommand(app), explainCommand(app), replayCommand(app), demoCommand(app))

	chosen := kingpin.MustParse(oneFile(app.Parse(os.Args[1:])))
	code, err := 0, error(nil)
	if chosen == serve.FullCommand() {
		err = serveUntilStopped(o)
	}
	for _, c := range commands {
		if chosen == c.name {
			code, err = c.run()
		}
	}
	if err != nil {
		fail(err)
	}
	os.Exit(code)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "alertscale:", err)
	os.Exit(1)
}

// isTerminal reports whether a person looks on.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func serveFlags(cmd *kingpin.CmdClause) *options {
	o := &options{}
	configFlag(cmd, &o.config)
	expandFlag(cmd, &o.expandEnv)
	cmd.Flag("storage", "Where to keep what must survive a restart: file:PATH, or memory: to keep nothing.").
		Default("file:data/alertscale.db").StringVar(&o.storage)
	cmd.Flag("dry-run", "Decide and report everything, change nothing, and keep state in memory.").BoolVar(&o.dryRun)
	recordFlags(cmd, &o.record)
	o.web = kingpinflag.AddFlags(cmd, ":9098")
	cmd.Flag("web.external-url", "The URL under which alertscale is reached from outside, as behind a reverse proxy. Its path is the prefix of all HTTP paths.").
		StringVar(&o.place.ExternalURL)
	cmd.Flag("web.route-prefix", "The prefix of all HTTP paths, where it is not the path of --web.external-url.").StringVar(&o.place.RoutePrefix)
	cmd.Flag("web.max-request-bytes", "The largest notification to take.").
		Default(fmt.Sprint(web.DefaultMaxRequestBytes)).Int64Var(&o.maxRequest)
	cmd.Flag("web.shutdown-timeout", "How long to finish what is under way at shutdown.").
		Default(web.DefaultShutdownTimeout.String()).DurationVar(&o.shutdown)
	cmd.Flag("web.enable-pprof", "Serve profiles of the process under /debug/pprof.").BoolVar(&o.pprof)
	cmd.Flag("targets.refresh-interval", "How often to read the counts of what is known again, at a tenth of a driver's qps at the most; 0: never.").
		Default("5m").DurationVar(&o.refresh)
	limitFlags(cmd, o)
	cmd.Flag("metrics.max-refs", "How many refs to show in metrics.").Default("10000").IntVar(&o.maxRefs)
	cmd.Flag("log.level", "Only log messages of this severity or above: debug, info, warn, error.").
		Default("info").EnumVar(&o.logLevel, "debug", "info", "warn", "error")
	cmd.Flag("log.format", "Output format of log messages: logfmt, json.").
		Default("logfmt").EnumVar(&o.logFormat, "logfmt", "json")
	return o
}

// limitFlags are the flags that bound what senders can make alertscale hold.
func limitFlags(cmd *kingpin.CmdClause, o *options) {
	cmd.Flag("limits.inflight-bytes", "The bodies of all requests together; beyond, a sender is asked to come again.").
		Default(fmt.Sprint(web.DefaultInflightBytes)).Int64Var(&o.inflight)
	cmd.Flag("limits.connections", "How many connections to take at a time.").
		Default(fmt.Sprint(web.DefaultConnections)).IntVar(&o.connections)
	cmd.Flag("limits.decision-log-bytes", "What the API keeps of the last decisions.").
		Default(fmt.Sprint(history.DefaultBytes)).Int64Var(&o.decisionLog)
	cmd.Flag("limits.max-refs", "How many refs to know of; alerts that name further ones are rejected.").
		Default(fmt.Sprint(controller.DefaultMaxRefs)).IntVar(&o.limits.MaxRefs)
	cmd.Flag("limits.max-unknown-refs", "How many refs to know of whose workload was never found.").
		Default(fmt.Sprint(controller.DefaultMaxUnknownRefs)).IntVar(&o.limits.MaxUnknownRefs)
}

// options are the flags of serve.
type options struct {
	config, storage      string
	record               recordOptions
	dryRun, expandEnv    bool
	web                  *toolkit.FlagConfig
	place                web.PlaceFlags
	pprof                bool
	maxRequest, inflight int64
	decisionLog          int64
	connections          int
	limits               controller.Limits
	shutdown, refresh    time.Duration
	maxRefs              int
	logLevel, logFormat  string
}

// service is all that serve runs, wired.
type service struct {
	options    *options
	place      web.Place
	logger     log.Logger
	store      store.Store
	sinks      sinks
	recorder   *recording.Recorder // nil: nothing is recorded
	reloader   *config.Reloader
	controller *controller.Controller
	server     *web.Server
}

// serveUntilStopped serves until a signal ends it.
func serveUntilStopped(o *options) error {
	if o.dryRun {
		o.storage = "memory:"
	}
	keepConnections()
	place, err := o.place.Parse(*o.web.WebListenAddresses, os.Hostname)
	if err != nil {
		return err
	}
	s := &service{options: o, place: place, logger: newLogger(o)}
	_ = level.Info(s.logger).Log("msg", "alertscale starts", "version", version.Info(), "build_context", version.BuildContext(),
		"storage", o.storage, "dry_run", o.dryRun)
	if err := s.wire(); err != nil {
		return err
	}
	defer s.store.Close()
	return s.run()
}

// keepConnections lets the client of Rancher 1.6, which takes no transport of ours, use its connections again
// while a storm of alerts is worked off.
func keepConnections() {
	if shared, ok := http.DefaultTransport.(*http.Transport); ok {
		shared.MaxIdleConnsPerHost = controller.MaxCalls
	}
}

// wire makes the parts. The file comes before the store, so that a fault of it touches nothing.
func (s *service) wire() error {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		versioncollector.NewCollector("alertscale"))
	metrics := controller.NewMetrics(reg, s.options.maxRefs)
	limits := sinkmetrics.NewLimits(reg)
	s.sinks = newSinks(reg, s.logger, s.options, limits, s.place)
	s.reloader = &config.Reloader{
		Path: s.options.config, Options: config.LoadOptions{DryRun: s.options.dryRun, ExpandEnv: s.options.expandEnv}, Version: version.Version, Logger: s.logger, Metrics: metrics,
		Lookups: alertmanager.NewMetrics(reg), Sinks: s.sinks.remote, Check: s.checkSenders,
		Use: func(f *controller.Snapshot) { s.sinks.prepare(f); s.controller.Use(f) },
	}
	conns, err := s.reloader.Load()
	if err != nil {
		return fmt.Errorf("the configuration cannot be used:\n%w", err)
	}
	if s.store, err = store.Open(s.options.storage); err != nil {
		return err
	}
	if s.recorder, err = s.options.record.open(s.logger, limits); err != nil {
		return errors.Join(err, s.store.Close())
	}
	snapshot := conns.File()
	s.sinks.prepare(snapshot)
	s.controller, err = controller.New(context.Background(), controller.Options{
		Store: s.store, Sinks: s.sinks.all(), Logger: s.logger, Metrics: metrics, Limits: s.options.limits, Limited: limits.Limited,
		Counted: s.counted(), Debug: s.options.logLevel == "debug", ReadFixed: true, RefreshInterval: s.options.refresh,
	}, snapshot)
	if err != nil {
		return errors.Join(err, s.store.Close())
	}
	s.server = s.newServer(reg, limits)
	return nil
}

// newServer makes the HTTP side.
func (s *service) newServer(reg *prometheus.Registry, limits *sinkmetrics.Limits) *web.Server {
	webMetrics := web.NewMetrics(reg)
	return web.NewServer(web.ServerOptions{
		Handler: web.New(web.Options{
			Handler: s.controller, View: s.controller, Pauser: s.controller, States: s.controller, Decisions: s.sinks.history, File: s.reloader,
			Decode: s.decoder(), DecodeAlerts: s.decodeAlerts, Hook: s.hook, Sender: s.reloader.Sender, Upgrades: s.controller,
			Metrics: webMetrics, Gatherer: reg, Logger: s.logger, Limited: limits, EnablePprof: s.options.pprof,
			MaxRequestBytes: s.options.maxRequest, InflightBytes: s.options.inflight, Place: s.place,
		}),
		Flags: s.options.web, Logger: s.logger, ShutdownTimeout: s.options.shutdown, Metrics: webMetrics, Limited: limits,
		MaxConnections: s.options.connections, RoutePrefix: s.place.Prefix,
	})
}

// checkSenders refuses a file with senders where the web configuration asks everybody for a password.
func (s *service) checkSenders(f *config.File) error {
	path := *s.options.web.WebConfigFile
	if len(f.Senders) == 0 || !web.AsksForPasswords(path) {
		return nil
	}
	return fmt.Errorf("%s:%d: senders: show bearer tokens, and --web.config.file %s has basic_auth_users, which refuses them; take one of both out",
		f.Path, f.Senders[0].Line, path)
}

// hook finds a hook of the active file.
func (s *service) hook(name string) (web.Hook, bool) {
	h, ok := s.reloader.Hook(name)
	if ok && s.recorder != nil {
		return recordedHook{h, name, s.recorder}, true
	}
	return h, ok
}

// run runs the parts until one ends, and then stops them in order: first what brings work, then the work.
func (s *service) run() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stop, hangup := notified(os.Interrupt, syscall.SIGTERM), notified(syscall.SIGHUP) // before anything is answered
	var stopping time.Time
	var g run.Group
	g.Add(func() error { return waitForSignal(ctx, stop) }, func(error) { cancel() })
	g.Add(s.server.Run, func(err error) {
		stopping = time.Now()
		_ = level.Info(s.logger).Log("msg", "alertscale stops", "reason", err)
		s.server.Shutdown(err)
	})
	g.Add(func() error { return s.reloadOnHangup(ctx, hangup) }, func(error) { cancel() })
	g.Add(func() error { return s.reloader.Watch(ctx) }, func(error) { cancel() })
	g.Add(func() error { s.controller.Run(ctx); return nil }, func(error) { cancel() })
	err := g.Run()
	if errors.Is(err, run.ErrSignal) {
		err = nil
	}
	last, cancelLast := context.WithTimeout(context.Background(), max(time.Second, s.options.shutdown-time.Since(stopping)))
	defer cancelLast()
	return errors.Join(err, s.controller.Shutdown(last), s.sinks.close(last), s.closeRecorder(last))
}

// notified returns what gets such signals from now on. Until then each ends the process at once.
func notified(signals ...os.Signal) chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, signals...)
	return c
}

// waitForSignal returns when the process is to stop. From then on another signal ends it at once.
func waitForSignal(ctx context.Context, stop chan os.Signal) error {
	defer signal.Stop(stop)
	select {
	case s := <-stop:
		return run.SignalError{Signal: s}
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *service) reloadOnHangup(ctx context.Context, hangup chan os.Signal) error {
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hangup:
			_ = s.reloader.Reload() // it has been logged
		}
	}
}

func newLogger(o *options) log.Logger {
	sync := log.NewSyncWriter(os.Stderr)
	logger := log.NewLogfmtLogger(sync)
	if o.logFormat == "json" {
		logger = log.NewJSONLogger(sync)
	}
	logger = sinklog.Safe(logger)
	logger = level.NewFilter(logger, level.Allow(level.ParseDefault(o.logLevel, level.InfoValue())))
	return log.With(logger, "ts", log.DefaultTimestampUTC, "caller", log.DefaultCaller)
}
