package replay

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// midnight is the beginning of what the Prometheus of the tests remembers.
var midnight = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)

// fakePrometheus evaluates its rules each minute, seven seconds after it. It answers as a Prometheus does that writes down
// when an alert is over.
type fakePrometheus struct {
	*httptest.Server
	alerts  []fakeAlert
	counts  map[string][]fakeCount // by the expression
	config  string                 // empty: it shows none
	queries []string               // that came
	refuse  func(w http.ResponseWriter, r *http.Request) bool
}

// fakeAlert fires from a time after midnight to another one.
type fakeAlert struct {
	labels   string // JSON
	from, to time.Duration
	active   time.Duration // since when, for ALERTS_FOR_STATE
}

// fakeCount is a series whose value changes once.
type fakeCount struct {
	labels     string
	n, changed float64
	at         time.Duration
}

func newFakePrometheus(t *testing.T) *fakePrometheus {
	t.Helper()
	f := &fakePrometheus{config: "global:\n  evaluation_interval: 1m\n  external_labels: {cluster: eu, severity: error}\n", counts: map[string][]fakeCount{}}
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

func (f *fakePrometheus) serve(w http.ResponseWriter, r *http.Request) {
	query := r.FormValue("query")
	f.queries = append(f.queries, strings.TrimSpace(r.URL.Path+" "+query))
	answer := func(data any) {
		_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": data})
	}
	switch {
	case f.refuse != nil && f.refuse(w, r):
	case r.URL.Path == "/api/v1/status/config" && f.config != "":
		answer(map[string]string{"yaml": f.config})
	case r.URL.Path == "/api/v1/query" && query == "ALERTS_FOR_STATE":
		answer(map[string]any{"resultType": "vector", "result": f.active(seconds(r, "time"))})
	case r.URL.Path == "/api/v1/query_range":
		answer(map[string]any{"resultType": "matrix", "result": f.ranged(query, seconds(r, "start"), seconds(r, "end"), seconds(r, "step"))})
	default:
		http.NotFound(w, r)
	}
}

func seconds(r *http.Request, name string) float64 {
	n, _ := strconv.ParseFloat(r.FormValue(name), 64)
	return n
}

// fires is the evaluation, in seconds, that showed an alert at a time.
func (a *fakeAlert) fires(at float64) (evaluated float64, ok bool) {
	last := int64(at) - (int64(at)+53)%60
	return float64(last), last >= midnight.Add(a.from).Unix() && last < midnight.Add(a.to).Unix()
}

func (f *fakePrometheus) active(at float64) []any {
	all := []any{}
	for i := range f.alerts {
		if _, ok := f.alerts[i].fires(at); ok {
			all = append(all, map[string]any{"metric": json.RawMessage(`{"__name__":"ALERTS_FOR_STATE",` + f.alerts[i].labels[1:]), "value": fakePoint(at, float64(midnight.Add(f.alerts[i].active).Unix()))})
		}
	}
	return all
}

func fakePoint(at, value float64) []any { return []any{at, strconv.FormatFloat(value, 'f', -1, 64)} }

func (f *fakePrometheus) ranged(query string, start, end, step float64) []any {
	all := []any{}
	add := func(labels string, value func(at float64) (float64, bool)) {
		var values []any
		for at := start; at <= end; at += step {
			if v, ok := value(at); ok {
				values = append(values, fakePoint(at, v))
			}
		}
		if values != nil {
			all = append(all, map[string]any{"metric": json.RawMessage(labels), "values": values})
		}
	}
	if query == `timestamp(ALERTS{alertstate="firing"})` {
		for i := range f.alerts {
			add(`{"alertstate":"firing",`+f.alerts[i].labels[1:], f.alerts[i].fires)
		}
	}
	for _, c := range f.counts[query] {
		add(c.labels, func(at float64) (float64, bool) {
			if at >= float64(midnight.Add(c.at).Unix()) {
				return c.changed, true
			}
			return c.n, true
		})
	}
	return all
}

// day is a Prometheus that remembers a day.
func day(t *testing.T) *fakePrometheus {
	f := newFakePrometheus(t)
	const h, m = time.Hour, time.Minute
	f.alerts = []fakeAlert{
		{labels: `{"alertname":"Watchdog","severity":"none"}`, to: 48 * h, active: -h},
		{labels: `{"alertname":"Busy","deployment":"web","namespace":"shop","severity":"warning"}`, from: 8 * h, to: 8*h + 20*m},
		{labels: `{"alertname":"Busy","deployment":"web","namespace":"shop","severity":"warning"}`, from: 9 * h, to: 14 * h},
		{labels: `{"alertname":"Busy","deployment":"cart","namespace":"shop"}`, from: -h, to: h, active: -2 * h},
		{labels: `{"alertname":"QueueLong"}`, from: 3 * h, to: 4 * h},
	}
	f.counts["web_replicas"] = []fakeCount{{`{"__name__":"web_replicas"}`, 3, 6, 8*h + 30*m}}
	f.counts["replicas"] = []fakeCount{{`{"namespace":"shop","deployment":"cart"}`, 4, 4, 0}, {`{"namespace":"shop","deployment":"web"}`, 7, 7, 0}}
	return f
}

// lookedBack is what is printed of a Prometheus, whose address is always the same.
func (f *fakePrometheus) lookedBack(o Options) string {
	o.Prometheus.URL = f.URL
	if o.Prometheus.From == "" {
		o.Prometheus.From, o.Prometheus.To = "2026-03-02", "2026-03-03"
	}
	if o.Prometheus.GroupBy == "" {
		o.Prometheus.GroupBy = "alertname,namespace"
	}
	if o.Config == "" {
		o.Config = "testdata/lookback.yml"
	}
	if o.Tail == 0 {
		o.Tail = time.Nanosecond
	}
	return strings.ReplaceAll(output(o), f.URL, "http://prometheus:9090")
}

func TestLookBack(t *testing.T) {
	routes, counts := []string{"testdata/alertmanager.yml"}, []string{"web=web_replicas", "any=replicas{namespace=\"shop\"}"}
	for name, o := range map[string]Options{
		"lookback.txt":         {Prometheus: Prometheus{Alertmanager: routes, Counts: counts[:1]}},
		"lookback-follow.txt":  {Prometheus: Prometheus{Alertmanager: routes, Counts: counts}, FollowCounts: true},
		"lookback-group.txt":   {Prometheus: Prometheus{}, Counts: []string{"web=3", "kubernetes:Deployment/shop/cart=4"}},
		"lookback-against.txt": {Prometheus: Prometheus{Alertmanager: routes, Counts: counts[:1]}, Against: "testdata/lookback-other.yml", Counts: []string{"kubernetes:Deployment/shop/cart=4"}},
		"lookback.json":        {Prometheus: Prometheus{Alertmanager: routes, Counts: counts[:1]}, JSON: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := day(t)
			f.counts[`replicas{namespace="shop"}`] = f.counts["replicas"][:1]
			golden(t, name, f.lookedBack(o))
		})
	}
}

// TestLookBack_Queries: what is asked has no more than a day, and no more points than Prometheus gives.
func TestLookBack_Queries(t *testing.T) {
	f := day(t)
	points := 0.0
	f.refuse = func(_ http.ResponseWriter, r *http.Request) bool {
		if step := seconds(r, "step"); step > 0 {
			points = max(points, (seconds(r, "end")-seconds(r, "start"))/step+1)
		}
		return false
	}
	out := f.lookedBack(Options{Prometheus: Prometheus{Step: 500 * time.Millisecond, From: "2026-03-02", To: "2026-03-02T12:00:00Z", Counts: []string{"web=web_replicas"}}})
	require.Contains(t, out, "scaled       3 → 5  web is busy")
	require.LessOrEqual(t, points, 11_000.0)
	ranges := 0
	for _, q := range f.queries {
		if strings.Contains(q, "timestamp(ALERTS") {
			ranges++
		}
	}
	require.Equal(t, 8, ranges, "43,200 s")
	require.Equal(t, 1, strings.Count(fmt.Sprint(f.queries), "web_replicas"))
}

// TestLookBack_Progress: what takes long is told of.
func TestLookBack_Progress(t *testing.T) {
	f := day(t)
	now := midnight
	o := Options{Prometheus: Prometheus{From: "2026-02-28", To: "2026-03-03", Now: func() time.Time { now = now.Add(2 * time.Second); return now }}}
	require.Contains(t, f.lookedBack(o), "ALERTS: 2 of 4 queries are answered, up to 2026-03-01 23:59:00\n")
}

func TestLookBack_Faults(t *testing.T) {
	var all strings.Builder
	say := func(what string, change func(*fakePrometheus), o Options) {
		f := day(t)
		if change != nil {
			change(f)
		}
		o.JSON = true // the decisions are not what this is about
		text := f.lookedBack(o)
		if i := strings.Index(text, "{\n"); i >= 0 {
			text = text[:i]
		}
		fmt.Fprintf(&all, "# %s\n%s", what, text)
	}
	refuse := func(code int, path, body string) func(*fakePrometheus) {
		return func(f *fakePrometheus) {
			f.refuse = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, path) {
					return false
				}
				w.WriteHeader(code)
				_, _ = w.Write([]byte(body))
				return true
			}
		}
	}
	say("another file that cannot be used", nil, Options{Against: "testdata/nobody.yml"})
	say("a count that is none", nil, Options{Counts: []string{"web=x"}})
	of := func(p Prometheus) Options { return Options{Prometheus: p} }
	say("files as well", nil, Options{Files: []string{"testdata/history.jsonl"}})
	say("a file that cannot be used", nil, Options{Config: "testdata/nobody.yml"})
	say("times", nil, of(Prometheus{From: "yesterday"}))
	say("the wrong way round", nil, of(Prometheus{From: "2026-03-02", To: "2026-03-01"}))
	say("a step", nil, of(Prometheus{Step: -1}))
	say("a target that there is not", nil, of(Prometheus{Counts: []string{"wbe=1"}}))
	say("no expression", nil, of(Prometheus{Counts: []string{"web"}}))
	say("an empty expression", nil, of(Prometheus{Counts: []string{"web= "}}))
	say("no routes to alertscale", nil, of(Prometheus{Alertmanager: []string{"testdata/alertmanager-others.yml"}}))
	say("no configuration of Alertmanager", nil, of(Prometheus{Alertmanager: []string{"testdata/lookback.yml"}}))
	say("no file", nil, of(Prometheus{Alertmanager: []string{"testdata/nobody.yml"}}))
	say("no alerts", func(f *fakePrometheus) { f.alerts = nil }, Options{})
	say("no count", nil, of(Prometheus{Counts: []string{"web=nobody"}}))
	say("several counts", nil, of(Prometheus{Counts: []string{"web=replicas"}}))
	say("half a replica", func(f *fakePrometheus) { f.counts["half"] = []fakeCount{{`{}`, 0.5, 0.5, 0}} }, of(Prometheus{Counts: []string{"web=half"}}))
	say("a series that names no ref", nil, of(Prometheus{Counts: []string{"any=web_replicas"}}))
	say("another program", refuse(404, "", "404 page not found"), Options{})
	say("too much", refuse(422, "query_range", `{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"}`), Options{})
	say("no expression of PromQL", refuse(400, "query_range", `{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:5: parse error: unclosed left parenthesis"}`),
		of(Prometheus{Counts: []string{"web=sum("}}))
	say("a password", refuse(401, "", "Unauthorized"), Options{})
	say("an answer that is none", refuse(200, "query_range", "<html>"), Options{})
	say("it shows no configuration", func(f *fakePrometheus) { f.config = "" }, Options{})
	say("warnings", refuse(200, "/query", `{"status":"success","data":{"resultType":"vector","result":[]},"warnings":["a store is down","a store is down"]}`), Options{})
	say("it relabels alerts", func(f *fakePrometheus) {
		f.config += "alerting:\n  alert_relabel_configs:\n  - {regex: 'cl.+', action: labeldrop}\n  - {target_label: cluster, replacement: us}\n"
	}, of(Prometheus{Counts: []string{"web=web_replicas"}}))
	golden(t, "lookback-faults.txt", all.String())
}

// TestLookBack_LabelsThatAreDropped: a rule that wants the label of a cluster gets no alert.
func TestLookBack_LabelsThatAreDropped(t *testing.T) {
	for pattern, want := range map[string]int{"cl.*": 0, "c|l": 2} {
		f := day(t)
		f.config += "alerting: {alert_relabel_configs: [{regex: '" + pattern + "', action: labeldrop}]}\n"
		out := f.lookedBack(Options{Counts: []string{"web=3"}})
		require.NotContains(t, out, "alert_relabel_configs")
		require.Equal(t, want, strings.Count(out, "web is busy"), pattern)
	}
}

// TestLookBack_Credentials: a file has them.
func TestLookBack_Credentials(t *testing.T) {
	f := day(t)
	f.refuse = func(w http.ResponseWriter, r *http.Request) bool {
		user, password, _ := r.BasicAuth()
		if user == "me" && password == "secret" {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	path := filepath.Join(t.TempDir(), "http.yml")
	require.NoError(t, os.WriteFile(path, []byte("basic_auth: {username: me, password: secret}\n"), 0o600))
	require.Contains(t, f.lookedBack(Options{}), "it asks for credentials")
	require.Contains(t, f.lookedBack(Options{Prometheus: Prometheus{HTTPConfig: path}}), "15 notifications")
}

// TestLookBack_Password: it is shown nowhere.
func TestLookBack_Password(t *testing.T) {
	f := day(t)
	f.URL = strings.Replace(f.URL, "http://", "http://me:secret@", 1)
	o := Options{Prometheus: Prometheus{URL: f.URL, From: "2026-03-02", To: "2026-03-03"}}
	for range 3 {
		require.NotContains(t, output(o), "secret")
		f.alerts, f.config = nil, ""
	}
	f.Close()
	require.NotContains(t, output(o), "secret")
}

// TestLookBack_Unreachable: nobody listens.
func TestLookBack_Unreachable(t *testing.T) {
	f := day(t)
	f.Close()
	require.Contains(t, f.lookedBack(Options{}), "is Prometheus running there? --prometheus says where to ask")
}
