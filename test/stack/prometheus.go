package stack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A PrometheusServer scrapes, and sends alerts.
type PrometheusServer struct {
	*Process
	URL string
}

// PrometheusOptions say how a Prometheus is to be.
type PrometheusOptions struct {
	Config        string        // The whole file; the rest up to Rules is of no account then.
	Interval      time.Duration // Of scrapes and of rules. Default 500ms.
	Targets       []string      // host:port
	Alertmanagers []*AlertmanagerServer
	InTheirPlace  []*Alertscale // which take alerts as Alertmanagers do
	Rules         string        // A file of rules.
	RuleFiles     []string      // Paths of more of them.
	Remembers     string        // Samples of earlier times, in the format OpenMetrics, of which promtool makes blocks.
	Args          []string
}

// StartPrometheus starts a Prometheus.
func StartPrometheus(t T, o PrometheusOptions) *PrometheusServer {
	t.Helper()
	dir, listen := t.TempDir(), address(FreePort(t))
	if o.Rules != "" {
		path := filepath.Join(dir, "rules.yml")
		must(t, os.WriteFile(path, []byte(o.Rules), 0o644))
		o.RuleFiles = append(o.RuleFiles, path)
	}
	if o.Config == "" {
		o.Config = prometheusConfig(o)
	}
	path := filepath.Join(dir, "prometheus.yml")
	must(t, os.WriteFile(path, []byte(o.Config), 0o644))
	if o.Remembers != "" {
		must(t, os.WriteFile(filepath.Join(dir, "samples"), []byte(o.Remembers), 0o644))
		out, err := Run(t, dir, Prometheus, "promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=1000d", "samples", "data")
		if err != nil {
			fatalf(t, "promtool tsdb create-blocks-from openmetrics: %v\n%s", err, out)
		}
		o.Args = append(o.Args, "--storage.tsdb.retention.time=100y")
	}
	p := start(t, spec{
		name: "prometheus",
		path: program(t, Prometheus, "prometheus"),
		dir:  dir,
		args: append([]string{
			"--config.file=" + path,
			"--storage.tsdb.path=" + filepath.Join(dir, "data"),
			"--web.listen-address=" + listen,
			"--web.enable-lifecycle",
		}, o.Args...),
		ready: answers(http.DefaultClient, "http://"+listen+"/-/ready"),
	})
	return &PrometheusServer{Process: p, URL: "http://" + listen}
}

// prometheusConfig returns a file of configuration. JSON is YAML.
func prometheusConfig(o PrometheusOptions) string {
	if o.Interval == 0 {
		o.Interval = 500 * time.Millisecond
	}
	interval := fmt.Sprintf("%dms", o.Interval.Milliseconds())
	var managers []string
	for _, am := range o.Alertmanagers {
		managers = append(managers, am.Address)
	}
	for _, a := range o.InTheirPlace {
		managers = append(managers, a.Address())
	}
	return fmt.Sprintf(`global: {scrape_interval: %s, scrape_timeout: %[1]s, evaluation_interval: %[1]s}
rule_files: [%s]
scrape_configs: [{job_name: test, static_configs: [{targets: [%s]}]}]
alerting: {alertmanagers: [{static_configs: [{targets: [%s]}]}]}
`, interval, quoted(o.RuleFiles), quoted(o.Targets), quoted(managers))
}

// quoted returns the strings as the items of a YAML list.
func quoted(list []string) string {
	items := make([]string, len(list))
	for i, s := range list {
		items[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(items, ", ")
}

// Query returns the value of an expression that gives one sample or none.
func (p *PrometheusServer) Query(t T, expr string) (value string, ok bool) {
	t.Helper()
	res, err := http.Get(p.URL + "/api/v1/query?query=" + url.QueryEscape(expr))
	must(t, err)
	defer res.Body.Close()
	var answer struct {
		Error string
		Data  struct{ Result []struct{ Value [2]any } }
	}
	must(t, json.NewDecoder(res.Body).Decode(&answer))
	switch {
	case answer.Error != "":
		fatalf(t, "query %s: %s", expr, answer.Error)
	case len(answer.Data.Result) > 1:
		fatalf(t, "query %s: %d samples", expr, len(answer.Data.Result))
	case len(answer.Data.Result) == 0:
		return "", false
	}
	return fmt.Sprint(answer.Data.Result[0].Value[1]), true
}

// WaitValue waits until an expression gives one sample of that value.
func (p *PrometheusServer) WaitValue(t T, expr, want string, timeout time.Duration) {
	t.Helper()
	Eventually(t, timeout, func() error {
		if got, _ := p.Query(t, expr); got != want {
			return fmt.Errorf("%s is %q, want %q", expr, got, want)
		}
		return nil
	})
}
