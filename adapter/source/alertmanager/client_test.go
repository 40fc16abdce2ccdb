package alertmanager

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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
	free := sync.OnceFunc(func() { close(release) })
	defer free()
	f.breaks(alertsPath, func(w http.ResponseWriter, r *http.Request) { now.Add(1); <-release; serve(w, r) })
	done := make(chan []string, 1)
	go func() { done <- a.ask(t, asked...) }()
	require.Eventually(t, func() bool { return now.Load() == atOnce }, time.Minute, time.Millisecond)
	require.Never(t, func() bool { return now.Load() > atOnce }, 100*time.Millisecond, time.Millisecond)
	free()
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
