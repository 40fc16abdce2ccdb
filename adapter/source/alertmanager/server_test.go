package alertmanager

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/rules"
)

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
