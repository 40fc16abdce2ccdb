package explain

import (
	"bytes"
	"context"
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alertscale/adapter/config"
	"alertscale/adapter/controller"
	"alertscale/adapter/driver/simulator"
	"alertscale/adapter/source/webhook"
	"alertscale/adapter/store/memory"
	"alertscale/adapter/web"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// noon is the time of all tests.
var noon = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

// golden compares an output with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// explained is what is printed. Where there is a fault, it is that.
func output(o Options) string {
	if o.Config == "" {
		o.Config = "testdata/rules.yml"
	}
	o.Now = func() time.Time { return noon }
	var out bytes.Buffer
	if err := Run(context.Background(), &out, o); err != nil {
		return out.String() + "alertscale: " + err.Error() + "\n"
	}
	return out.String()
}

func TestOutput(t *testing.T) {
	web := "alertname=Busy,namespace=shop,deployment=web,severity=critical"
	for name, o := range map[string]Options{
		"payload":       {Payload: "testdata/two.json", Counts: []string{"web=3", "kubernetes:Deployment/shop/cart=4"}},
		"payload-json":  {Payload: "testdata/two.json", Counts: []string{"web=3", "kubernetes:Deployment/shop/cart=4"}, JSON: true},
		"labels":        {Labels: web, Counts: []string{"web=3"}},
		"no-count":      {Labels: web},
		"bound":         {Labels: web, Counts: []string{"web=20"}},
		"resolved":      {Labels: web, Counts: []string{"web=5"}, Resolved: true},
		"night":         {Labels: "alertname=Idle,deployment=web", Counts: []string{"web=5"}, At: "2026-03-02T23:30:00Z"},
		"annotations":   {Labels: "alertname=Planned,namespace=shop,deployment=cart", Annotations: `replicas="7"`, Counts: []string{"kubernetes:Deployment/shop/cart=4"}},
		"no-rule":       {Labels: "alertname=Bussy,namespace=shop", Counts: []string{"web=5"}},
		"missing-label": {Labels: "alertname=Busy,namespace=shop"},
		"sender":        {Config: "testdata/senders.yml", Sender: "dev", Labels: "alertname=Busy,namespace=shop,deployment=cart", Counts: []string{"kubernetes:Deployment/shop/cart=4"}},
		"list":          {Config: "testdata/senders.yml", Sender: "dev", Payload: "testdata/list.json", Counts: []string{"web=3"}},
		"examples":      {Config: "../../../examples/alertscale.yml", Labels: "alertname=DeploymentBusy,namespace=shop,deployment=web,severity=warning", Counts: []string{"web=3"}},
		"cluster": {
			Config: "testdata/clusters.yml", Labels: "alertname=Busy,cluster=eu,namespace=shop,deployment=web", Counts: []string{"eu:Deployment/shop/web=4"},
		},
		"cluster-other": {Config: "testdata/clusters.yml", Labels: "alertname=Busy,cluster=prod,namespace=shop,deployment=web"},
		"left-alone": {
			Config: "testdata/clusters.yml", Labels: "alertname=Busy,cluster=us,namespace=shop,deployment=web", Counts: []string{"us:Deployment/shop/web=4"},
		},
		"bounds-not-known": {
			Config: "testdata/clusters.yml", Labels: "alertname=Busy,namespace=shop,deployment=web", Counts: []string{"prod:Deployment/shop/web=4"},
		},
	} {
		t.Run(name, func(t *testing.T) { golden(t, name+".txt", output(o)) })
	}
}

func TestStandardInput(t *testing.T) {
	text, err := os.ReadFile("testdata/two.json")
	require.NoError(t, err)
	counts := []string{"web=3", "kubernetes:Deployment/shop/cart=4"}
	require.Equal(t, output(Options{Payload: "testdata/two.json", Counts: counts}), output(Options{Payload: "-", In: bytes.NewReader(text), Counts: counts}))
}

func TestFaults(t *testing.T) {
	var all strings.Builder
	for _, o := range []Options{
		{},
		{Payload: "a.json", Labels: "a=b"},
		{Payload: "testdata/nobody.json"},
		{Payload: "-", In: strings.NewReader(`{"version":"3"}`)},
		{Payload: "-", In: strings.NewReader(`{}`), Resolved: true},
		{Labels: "alertname"},
		{Labels: `alertname=~"B.*"`},
		{Labels: "a=b,a=c"},
		{Labels: " "},
		{Labels: "a=b", Annotations: "x!=y"},
		{Labels: "a=b", Counts: []string{"web"}},
		{Labels: "a=b", Counts: []string{"web=many"}},
		{Labels: "a=b", Counts: []string{"wbe=3"}},
		{Labels: "a=b", Sender: "prod"},
		{Payload: "-", In: strings.NewReader("[{]")},
		{Labels: "a=b", At: "noon"},
		{Labels: "a=b", Config: "testdata/nobody.yml"},
		{Labels: "a=b", Config: "testdata/broken.yml"},
		{Labels: "a=b", URL: "http://"},
		{Labels: "a=b", URL: "localhost:9098", HTTPConfig: "testdata/nobody.yml"},
	} {
		all.WriteString(output(o))
	}
	golden(t, "faults.txt", all.String())
}

// running is an alertscale with a simulated web, on a clock that stands still until it is moved.
type running struct {
	*httptest.Server
	now  time.Time
	core *controller.Controller
}

func newRunning(t *testing.T) *running {
	t.Helper()
	file, err := config.Load("testdata/rules.yml", config.LoadOptions{})
	require.NoError(t, err)
	r := &running{now: noon.Add(-time.Minute)}
	now := func() time.Time { return r.now }
	driver := simulator.New(simulator.Config{Workloads: map[string]int{"shop/web": 3}}, simulator.Options{Now: now})
	reg := prometheus.NewRegistry()
	r.core, err = controller.New(t.Context(), controller.Options{
		Store: memory.New(), Metrics: controller.NewMetrics(reg, 100), Now: now, Logger: log.NewNopLogger(),
	}, &controller.Snapshot{Rules: file.Rules, Drivers: map[string]controller.Backend{"kubernetes": {Driver: driver, Timeout: time.Second}}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.core.Shutdown(context.Background())) })
	r.Server = httptest.NewServer(web.New(web.Options{
		Handler: r.core, View: r.core, States: r.core, Decode: webhook.DecodeFrom, Metrics: web.NewMetrics(reg), Gatherer: reg, Logger: log.NewNopLogger(),
	}))
	t.Cleanup(r.Server.Close)
	return r
}

// TestOnWhatTheProgramKnows: the first step was taken half a minute ago, so that a second alert has to wait.
func TestOnWhatTheProgramKnows(t *testing.T) {
	r := newRunning(t)
	r.now = noon.Add(-30 * time.Second)
	event, err := (&Options{Labels: "alertname=Busy,namespace=shop,deployment=web,severity=warning"}).event(r.now)
	require.NoError(t, err)
	r.core.Handle(t.Context(), event)

	o := Options{Labels: "alertname=Idle,namespace=shop,deployment=web", URL: r.URL}
	shown := func(o Options) string { return strings.ReplaceAll(output(o), r.URL, "http://alertscale:9098") }
	golden(t, "running.txt", shown(o))
	o.Labels = "alertname=Busy,namespace=shop,deployment=cart"
	golden(t, "running-unknown.txt", shown(o))
	o.Labels, o.Resolved = "alertname=Busy,namespace=shop,deployment=web,severity=warning", true
	golden(t, "running-resolved.txt", shown(o))
	o.Counts = []string{"web=9"}
	golden(t, "running-count.txt", shown(o))
}

// An earlier alertscale has no /api/v1/targets/state.
func TestOnWhatAnEarlierProgramTells(t *testing.T) {
	r := newRunning(t)
	event, err := (&Options{Labels: "alertname=Busy,namespace=shop,deployment=web,severity=warning"}).event(r.now)
	require.NoError(t, err)
	r.core.Handle(t.Context(), event)
	earlier := httptest.NewServer(web.New(web.Options{
		Handler: r.core, View: r.core, Decode: webhook.DecodeFrom, Metrics: web.NewMetrics(prometheus.NewRegistry()), Logger: log.NewNopLogger(),
	}))
	defer earlier.Close()
	out := output(Options{Labels: "alertname=Idle,namespace=shop,deployment=web", URL: earlier.URL})
	golden(t, "earlier.txt", strings.ReplaceAll(out, earlier.URL, "http://alertscale:9098"))
}

func TestAnAddressThatIsNone(t *testing.T) {
	r := newRunning(t)
	o := Options{Labels: "alertname=Idle,deployment=web", URL: r.URL + "/elsewhere"}
	require.Contains(t, output(o), "/elsewhere/api/v1/targets: 404 Not Found: no alertscale is served there")
	r.Server.Close()
	require.Contains(t, output(o), "connection refused")
}
