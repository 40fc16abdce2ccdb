package alertmanager

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"alertscale/rules"
)

// busy is the alert that most tests ask about.
var busy = set("alertname", "Busy", "namespace", "shop", "pod", "web-1")

// TestAsk: of several Alertmanagers, those that say something decide, and one that has the alert is enough.
func TestAsk(t *testing.T) {
	young := func(f *fake) { f.started = began.Add(-youngFor + time.Second) }
	fails := func(f *fake) { f.breaks(alertsPath, answers(http.StatusInternalServerError, "")) }
	for _, test := range []struct {
		name   string
		states []string // of the alert, by Alertmanager; empty: it does not have it
		but    func(*fake)
		which  int
		want   string
	}{
		{"active", []string{"active"}, nil, 0, "firing"},
		{"unprocessed", []string{"unprocessed"}, nil, 0, "firing"},
		{"suppressed", []string{"suppressed"}, nil, 0, "gone"},
		{"absent", []string{""}, nil, 0, "gone"},
		{"both have it", []string{"active", "active"}, nil, 0, "firing"},
		{"the second has it", []string{"", "active"}, nil, 0, "firing"},
		{"the first has it", []string{"active", ""}, nil, 0, "firing"},
		{"one suppresses it", []string{"suppressed", "active"}, nil, 0, "firing"},
		{"one suppresses it, one does not have it", []string{"suppressed", ""}, nil, 0, "gone"},
		{"none has it", []string{"", ""}, nil, 0, "gone"},
		{"one started a moment ago", []string{""}, young, 0, "unknown"},
		{"one that suppresses it started a moment ago", []string{"suppressed"}, young, 0, "unknown"},
		{"one that has it started a moment ago", []string{"active"}, young, 0, "unknown"},
		{"one of two started a moment ago", []string{"", "suppressed"}, young, 0, "gone"},
		{"one started in the future", []string{""}, func(f *fake) { f.started = began.Add(time.Hour) }, 0, "unknown"},
		{"one fails", []string{"active"}, fails, 0, "unknown"},
		{"one of two fails", []string{"active", ""}, fails, 0, "gone"},
		{"the other of two fails", []string{"active", ""}, fails, 1, "firing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var fakes []*fake
			for _, state := range test.states {
				f := newFake(t, in("active", set("alertname", "Busy", "namespace", "shop", "pod", "web-2")))
				if state != "" {
					f.alerts = append(f.alerts, in(state, busy))
				}
				fakes = append(fakes, f)
			}
			if test.but != nil {
				test.but(fakes[test.which])
			}
			a := newAsker(t, "", Options{}, fakes...)
			require.Equal(t, []string{test.want}, a.ask(t, busy))
		})
	}
}

func answers(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// TestAsk_Faults: whatever an Alertmanager answers in place of what it should, it says nothing.
func TestAsk_Faults(t *testing.T) {
	elsewhere := newFake(t, in("active", busy))
	for name, fault := range map[string]http.HandlerFunc{
		"400":             answers(http.StatusBadRequest, `"bad matcher"`),
		"401":             answers(http.StatusUnauthorized, ""),
		"429":             answers(http.StatusTooManyRequests, ""),
		"500":             answers(http.StatusInternalServerError, "[]"),
		"503":             answers(http.StatusServiceUnavailable, "Limit of concurrent GET requests reached (8), try again later."),
		"204":             answers(http.StatusNoContent, ""),
		"nothing":         answers(http.StatusOK, ""),
		"a page":          answers(http.StatusOK, "<html>sign in</html>"),
		"null":            answers(http.StatusOK, "null"),
		"another type":    answers(http.StatusOK, `"[]"`),
		"an empty object": answers(http.StatusOK, "{}"),
		"cut":             answers(http.StatusOK, `[{"labels": {"alertname": "Other"}, "status": {"state": "active"}}`),
		"cut in an alert": answers(http.StatusOK, `[{"labels": {"alertname": "Ot`),
		"no state":        answers(http.StatusOK, `[{"labels": {"alertname": "Other"}}]`),
		"a new state":     answers(http.StatusOK, `[{"labels": {"alertname": "Other"}, "status": {"state": "pondering"}}]`),
		"no labels":       answers(http.StatusOK, `[{"status": {"state": "active"}}]`),
		"odd labels":      answers(http.StatusOK, `[{"labels": {"alertname": 1}, "status": {"state": "active"}}]`),
		"hangs up":        func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"redirects": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+r.URL.String(), http.StatusFound)
		},
		"is endless": endless,
	} {
		for _, path := range []string{alertsPath, statusPath} {
			t.Run(name+" "+path, func(t *testing.T) {
				f, log := newFake(t, in("active", busy)), &lines{}
				f.breaks(path, fault)
				a := newAsker(t, "", Options{Logger: log}, f)
				require.Equal(t, []string{"unknown"}, a.ask(t, busy))
				require.Len(t, log.all(), 1, "it is logged once")
				f.breaks(path, nil)
				a.passes(statusFor + time.Second)
				require.Equal(t, []string{"firing"}, a.ask(t, busy))
			})
		}
	}
	require.Zero(t, elsewhere.requests(alertsPath)+elsewhere.requests(statusPath))
}

// TestAsk_Slow: nobody waits for an Alertmanager longer than the timeout, and those that answer are heard.
func TestAsk_Slow(t *testing.T) {
	slow, other := newFake(t), newFake(t, in("active", busy))
	stop, ended := make(chan struct{}), make(chan struct{})
	slow.breaks(alertsPath, func(http.ResponseWriter, *http.Request) { <-stop })
	a := newAsker(t, "", Options{Timeout: 100 * time.Millisecond}, slow, other)
	a.servers[0].timeout = time.Hour
	require.Equal(t, []string{"firing"}, a.ask(t, busy), "the timeout of all that is asked for one answer")
	close(stop)
	hung := newFake(t)
	hung.breaks(alertsPath, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done(); close(ended) })
	a = newAsker(t, "", Options{Timeout: 100 * time.Millisecond}, hung)
	a.timeout = time.Minute
	require.Equal(t, []string{"unknown"}, a.ask(t, busy), "the timeout of one request")
	<-ended
}

// TestAsk_LeavesAlone: an Alertmanager that fails is not asked again for a while, about anything.
func TestAsk_LeavesAlone(t *testing.T) {
	for _, code := range []int{http.StatusBadGateway, http.StatusTooManyRequests, http.StatusFound} {
		t.Run(strconv.Itoa(code), func(t *testing.T) { testLeavesAlone(t, code) })
	}
}

func testLeavesAlone(t *testing.T, code int) {
	f := newFake(t, in("active", busy))
	f.breaks(alertsPath, answers(code, ""))
	log := &lines{}
	a := newAsker(t, "", Options{Logger: log}, f)
	for range 3 {
		require.Equal(t, []string{"unknown"}, a.ask(t, busy))
		require.Equal(t, 1, f.requests(alertsPath))
		require.Len(t, log.all(), 1, "that is not logged each time")
		a.passes(mostKeep)
	}
	a.passes(logInterval)
	a.ask(t, busy)
	require.Len(t, log.all(), 2)
	f.requests(alertsPath)
	f.breaks(alertsPath, nil)
	require.Equal(t, []string{"unknown", "unknown"}, a.ask(t, busy, set("alertname", "Other")))
	require.Zero(t, f.requests(alertsPath))
	a.passes(mostKeep)
	require.Equal(t, []string{"firing"}, a.ask(t, busy))
}

// TestAsk_Refused: a request that is refused says nothing about others.
func TestAsk_Refused(t *testing.T) {
	f := newFake(t, in("active", busy))
	f.breaks(alertsPath, answers(http.StatusRequestURITooLong, ""))
	a := newAsker(t, "", Options{}, f)
	require.Equal(t, []string{"unknown"}, a.ask(t, set("alertname", "Other")))
	f.breaks(alertsPath, nil)
	require.Equal(t, []string{"unknown", "firing"}, a.ask(t, set("alertname", "Other"), busy), "the refused one is not asked again at once")
}

// TestAsk_TooLong: nor does an answer that is too long, of which the rest is not read.
func TestAsk_TooLong(t *testing.T) {
	f, log := newFake(t, in("active", busy)), &lines{}
	f.breaks(alertsPath, endless)
	a := newAsker(t, "", Options{Logger: log}, f)
	require.Equal(t, []string{"unknown"}, a.ask(t, set("alertname", "Other")))
	require.Contains(t, log.all()[0], "the answer is longer than 16 MiB")
	f.breaks(alertsPath, nil)
	require.Equal(t, []string{"unknown", "firing"}, a.ask(t, set("alertname", "Other"), busy))
}

// endless answers with alerts for as long as anybody reads.
func endless(w http.ResponseWriter, _ *http.Request) {
	_, err := io.WriteString(w, "[")
	for one := `{"labels": {"alertname": "` + strings.Repeat("x", 10000) + `"}, "status": {"state": "active"}},`; err == nil; {
		_, err = io.WriteString(w, one)
	}
}

// TestAsk_Restarted: an Alertmanager that does not have an alert any more may have been restarted since it was last asked
// for how long it has been up.
func TestAsk_Restarted(t *testing.T) {
	f := newFake(t, in("active", busy))
	a := newAsker(t, "check: 1s", Options{}, f)
	require.Equal(t, []string{"firing"}, a.ask(t, busy))
	f.restarts(began.Add(time.Second))
	a.passes(2 * time.Second)
	require.Equal(t, []string{"unknown"}, a.ask(t, busy))
	a.passes(youngFor)
	require.Equal(t, []string{"gone"}, a.ask(t, busy))
}

// TestAsk_Kept: an answer is used again for a short while, and a status for longer.
func TestAsk_Kept(t *testing.T) {
	for _, test := range []struct {
		block string
		keep  time.Duration
	}{{"check: 4s", 2 * time.Second}, {"check: 1m", 10 * time.Second}} {
		t.Run(test.block, func(t *testing.T) {
			f := newFake(t, in("active", busy))
			a := newAsker(t, test.block, Options{}, f)
			idle := set("alertname", "Idle")
			require.Equal(t, []string{"firing"}, a.ask(t, busy))
			f.has()
			a.passes(test.keep - time.Second)
			require.Equal(t, []string{"firing", "gone"}, a.ask(t, busy, idle), "only what is not known is asked")
			require.Equal(t, []string{`alertname="Idle"`}, f.filters)
			a.passes(time.Second)
			require.Equal(t, []string{"gone"}, a.ask(t, busy))
			require.Equal(t, 3, f.requests(alertsPath))
		})
	}
}

// TestAsk_Status: while nothing is missing, a status holds for half a minute.
func TestAsk_Status(t *testing.T) {
	f := newFake(t, in("active", busy))
	a := newAsker(t, "check: 2s", Options{}, f)
	for range 10 {
		a.passes(3 * time.Second)
		require.Equal(t, []string{"firing"}, a.ask(t, busy))
	}
	require.Equal(t, 10, f.requests(alertsPath))
	require.Equal(t, 1, f.requests(statusPath))
	a.passes(4 * time.Second)
	a.ask(t, busy)
	require.Equal(t, 1, f.requests(statusPath))
}

// TestAsk_Together: whoever asks the same at one moment shares a request, and an alert that is asked about twice is one.
func TestAsk_Together(t *testing.T) {
	f := newFake(t, in("active", busy))
	release, serve := make(chan struct{}), f.list
	f.breaks(alertsPath, func(w http.ResponseWriter, r *http.Request) { <-release; serve(w, r) })
	a := newAsker(t, "", Options{Timeout: time.Minute}, f)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { require.Equal(t, []string{"firing", "firing"}, a.ask(t, busy, busy)) })
	}
	require.Eventually(t, func() bool { return len(a.servers[0].places) == 1 }, time.Minute, time.Millisecond)
	close(release)
	all.Wait()
	require.LessOrEqual(t, f.requests(alertsPath), 2, "one, and one of whoever came too late for it, and before its answer was kept")
	require.Equal(t, 1, f.requests(statusPath))
}

// TestAsk_GivesUp: a request goes on for those who wait for it, though the one who made it does not any more.
func TestAsk_GivesUp(t *testing.T) {
	f := newFake(t, in("active", busy))
	release, serve := make(chan struct{}), f.list
	f.breaks(alertsPath, func(w http.ResponseWriter, r *http.Request) { <-release; serve(w, r) })
	a := newAsker(t, "", Options{Timeout: time.Minute}, f)
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp, stayed := make(chan []rules.Lookup), make(chan []string)
	go func() { gaveUp <- a.Ask(ctx, []rules.Labels{busy}) }()
	require.Eventually(t, func() bool { return f.requests(alertsPath) == 1 }, time.Minute, time.Millisecond)
	cancel()
	require.Equal(t, []rules.Lookup{rules.LookupUnknown}, <-gaveUp)
	go func() { stayed <- a.ask(t, busy) }()
	close(release)
	require.Equal(t, []string{"firing"}, <-stayed)
	require.Zero(t, f.requests(alertsPath))
}

// TestAsk_Batches: a few requests ask about many alerts.
func TestAsk_Batches(t *testing.T) {
	f := newFake(t)
	var asked []rules.Labels
	var want []string
	for i := range 1000 {
		one := set("alertname", "Busy"+strconv.Itoa(i%3), "namespace", "shop", "pod", fmt.Sprint("web-", i))
		asked = append(asked, one)
		want = append(want, []string{"firing", "gone"}[i%2])
		if i%2 == 0 {
			f.alerts = append(f.alerts, in("active", one))
		}
	}
	a := newAsker(t, "", Options{Timeout: time.Minute}, f)
	require.Equal(t, want, a.ask(t, asked...))
	require.Equal(t, 10, f.requests(alertsPath))

	// Of those, four are made at a time.
	a.passes(mostKeep)
	var now atomic.Int32
	release, serve := make(chan struct{}), f.list
	f.breaks(alertsPath, func(w http.ResponseWriter, r *http.Request) { now.Add(1); <-release; serve(w, r) })
	done := make(chan []string)
	go func() { done <- a.ask(t, asked...) }()
	require.Eventually(t, func() bool { return now.Load() == atOnce }, time.Minute, time.Millisecond)
	require.Never(t, func() bool { return now.Load() > atOnce }, 100*time.Millisecond, time.Millisecond)
	close(release)
	require.Equal(t, want, <-done)
}

// TestAsk_Prefix: the API is under the prefix of the url.
func TestAsk_Prefix(t *testing.T) {
	f := newFake(t, in("active", busy))
	f.URL += "/monitoring/alerts/"
	require.Equal(t, []string{"firing"}, newAsker(t, "", Options{}, f).ask(t, busy))
}

// TestAsk_NotThere: alerts of hooks, and what is no alert, are not looked up.
func TestAsk_NotThere(t *testing.T) {
	f := newFake(t)
	a := newAsker(t, "", Options{}, f)
	require.Equal(t, []string{"unknown", "unknown", "unknown"}, a.ask(t, set("hook", "deploy", "a", "b"), nil, set("a", "")))
	require.Zero(t, f.requests(alertsPath)+f.requests(statusPath))
	require.Empty(t, a.ask(t))
}

// TestKeepsFew: what is kept of answers is bounded.
func TestKeepsFew(t *testing.T) {
	f := newFake(t)
	a := newAsker(t, "", Options{}, f)
	s := a.servers[0]
	many := map[string]sighting{}
	for i := range mostKept + 10 {
		many[strconv.Itoa(i)] = sighting{active, began}
	}
	s.remember(many)
	require.Len(t, s.kept, mostKept)
	a.passes(mostKeep)
	s.remember(map[string]sighting{"new": {active, a.now}})
	require.Len(t, s.kept, 1, "what does not hold any more makes room")
}

func TestMetrics(t *testing.T) {
	f := newFake(t, in("active", busy), in("suppressed", set("alertname", "Idle")))
	a := newAsker(t, "", Options{}, f)
	a.ask(t, busy, set("alertname", "Idle"), set("alertname", "None"), set("hook", "h"))
	require.NoError(t, testutil.GatherAndCompare(a.reg, strings.NewReader(`
# HELP alertscale_alertmanager_lookups_total Alerts that were looked up at Alertmanager, by what came of it: firing, gone, or unknown where none answered.
# TYPE alertscale_alertmanager_lookups_total counter
alertscale_alertmanager_lookups_total{outcome="firing"} 1
alertscale_alertmanager_lookups_total{outcome="gone"} 2
alertscale_alertmanager_lookups_total{outcome="unknown"} 1
`)))
	reg := prometheus.NewRegistry()
	NewMetrics(reg)
	problems, err := testutil.GatherAndLint(reg)
	require.NoError(t, err)
	require.Empty(t, problems)
	series, err := testutil.GatherAndCount(reg)
	require.NoError(t, err)
	require.Equal(t, 3, series, "they are there from the start")
}

// lines is a log.
type lines struct {
	mu   sync.Mutex
	list []string
}

func (l *lines) Log(pairs ...any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, fmt.Sprintln(pairs...))
	return nil
}

func (l *lines) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list
}
