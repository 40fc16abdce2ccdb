package alertmanager

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/matcher/parse"
	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"alertscale/rules"
	"alertscale/rules/yamldoc"
)

// fake is an Alertmanager over HTTP, as far as it is asked here.
type fake struct {
	*httptest.Server
	t *testing.T

	mu      sync.Mutex
	started time.Time
	alerts  []alert
	fault   map[string]http.HandlerFunc // by the end of the path: what is answered in place of an answer
	asked   []string                    // the ends of the paths
	filters []string                    // of the last request
	auth    string                      // of the last request
}

const (
	alertsPath = "/api/v2/alerts"
	statusPath = "/api/v2/status"
)

// began is the time of the clocks of the tests at their beginning.
var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// newFake starts a fake with alerts that has been up for an hour.
func newFake(t *testing.T, alerts ...alert) *fake {
	f := &fake{t: t, started: began.Add(-time.Hour), alerts: alerts, fault: map[string]http.HandlerFunc{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path[max(0, strings.Index(r.URL.Path, "/api/")):]
	f.mu.Lock()
	f.asked = append(f.asked, path)
	f.auth = r.Header.Get("Authorization")
	fault := f.fault[path]
	f.mu.Unlock()
	switch {
	case r.Method != http.MethodGet || path != alertsPath && path != statusPath:
		http.NotFound(w, r)
	case fault != nil:
		fault(w, r)
	case path == statusPath:
		f.status(w)
	default:
		f.list(w, r)
	}
}

func (f *fake) status(w http.ResponseWriter) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.write(w, map[string]any{"cluster": map[string]any{"status": "disabled"}, "uptime": f.started, "config": map[string]any{"original": "route: {}"}})
}

// list answers with the alerts that meet the matchers, which both of Alertmanager's parsers have to read alike.
func (f *fake) list(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	query := r.URL.Query()
	f.filters = query["filter"]
	for _, state := range []string{"active", "silenced", "inhibited", "unprocessed"} {
		if query.Get(state) != "true" {
			http.Error(w, state, http.StatusBadRequest)
			return
		}
	}
	var matchers labels.Matchers
	for _, text := range f.filters {
		m, err := parse.Matcher(text)
		classic, classicErr := labels.ParseMatcher(text)
		if err != nil || classicErr != nil || m.String() != classic.String() {
			f.t.Errorf("%s: %v %v, %v %v", text, m, err, classic, classicErr)
			http.Error(w, text, http.StatusBadRequest)
			return
		}
		matchers = append(matchers, m)
	}
	found := []any{}
	for _, a := range f.alerts {
		if matches(matchers, a.Labels) {
			found = append(found, map[string]any{"labels": a.Labels, "status": map[string]any{"state": a.Status.State}, "annotations": map[string]string{"a": "b"}})
		}
	}
	f.write(w, found)
}

func matches(matchers labels.Matchers, set map[string]string) bool {
	return !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(set[m.Name]) })
}

func (f *fake) write(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		f.t.Errorf("%v", err)
	}
}

// requests counts the requests for a path since it was last asked.
func (f *fake) requests(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := len(f.asked)
	f.asked = slices.DeleteFunc(f.asked, func(asked string) bool { return asked == path })
	return all - len(f.asked)
}

// breaks answers a path in another way from now on; nil: as it should.
func (f *fake) breaks(path string, how http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault[path] = how
}

// has puts other alerts in the place of the fake's.
func (f *fake) has(alerts ...alert) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.alerts = alerts
}

func (f *fake) restarts(at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.started, f.alerts = at, nil
}

// in is an alert of the fake in a state.
func in(state string, labels rules.Labels) alert {
	a := alert{Labels: map[string]string{}}
	for _, l := range labels {
		a.Labels[l.Name] = l.Value
	}
	a.Status.State = state
	return a
}

// set is a set of labels, by names and values in turn.
func set(pairs ...string) rules.Labels {
	var ls rules.Labels
	for pair := range slices.Chunk(pairs, 2) {
		ls = append(ls, rules.Label{Name: pair[0], Value: pair[1]})
	}
	return ls
}

// asker is a client with a clock of its own.
type asker struct {
	*Client
	reg *prometheus.Registry

	mu  sync.Mutex
	now time.Time
}

// newAsker makes a client of the block of a file, whose urls are those of fakes.
func newAsker(t *testing.T, block string, o Options, fakes ...*fake) *asker {
	t.Helper()
	urls := make([]string, len(fakes))
	for i, f := range fakes {
		urls[i] = f.URL
	}
	doc, root := yamldoc.Parse("a.yml", fmt.Appendf(nil, "urls: [%s]\n%s", strings.Join(urls, ", "), block))
	c := ReadConfig(root)
	require.NoError(t, doc.Err())
	a := &asker{reg: prometheus.NewRegistry(), now: began}
	o.Now = func() time.Time {
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.now
	}
	o.Metrics = NewMetrics(a.reg)
	client, err := New(c, o)
	require.NoError(t, err)
	a.Client = client
	return a
}

func (a *asker) passes(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = a.now.Add(d)
}

func (a *asker) ask(t *testing.T, alerts ...rules.Labels) []string {
	t.Helper()
	var said []string
	for _, answer := range a.Ask(t.Context(), alerts) {
		said = append(said, answer.String())
	}
	return said
}
