package engine

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// year is a part of a year as it may be in real life: some events an hour, for days, from two Alertmanagers, people, APIs
// and stores that fail. The cycle that ships is driven on the virtual clock, from event to event.
type year struct {
	*world
	*watch
	r       *rapid.T
	ahead   time.Duration // by which the clocks of the senders are ahead of ours
	queue   []happening
	facts   []*fact
	senders []*sender
	down    bool // the process is not running
	gitops  bool // somebody sets the count back after each change
}

// happening is something that is to happen at a time of the senders' clocks.
type happening struct {
	at time.Time
	do func()
}

// yearStarts are times at which a part begins: at some of them the clocks are changed within days, somewhere.
var yearStarts = []time.Time{
	epoch, time.Date(2026, time.March, 6, 20, 0, 0, 0, time.UTC), time.Date(2026, time.March, 27, 17, 30, 0, 0, time.UTC),
	time.Date(2026, time.July, 31, 6, 0, 0, 0, time.UTC), time.Date(2026, time.October, 23, 3, 0, 0, 0, time.UTC),
	time.Date(2026, time.October, 30, 21, 0, 0, 0, time.UTC), time.Date(2026, time.December, 30, 23, 0, 0, 0, time.UTC),
}

func newYear(r *rapid.T) *year {
	y := &year{r: r}
	file := newYearFile(r)
	y.world = newWorld(r, file.text, rapid.IntRange(1, 20).Draw(r, "count"))
	y.world.now = rapid.SampledFrom(yearStarts).Draw(r, "start").Add(rapid.SampledFrom([]time.Duration{0, 17 * time.Minute, 5 * time.Hour}).Draw(r, "hour"))
	y.watch = newWatch(y, file)
	y.only().own = saying("1", "60")
	y.world.eyes, y.world.lookups, y.world.sparing = y.watch, y.lookedUp, 11
	for _, name := range []string{"Busy", "Busy", "Busy", "Idle", "Want", "Load", "Stop", "Last"} {
		pod := fmt.Sprint(len(y.facts))
		y.facts = append(y.facts, &fact{name: name, pod: pod, want: "5", start: y.world.now, end: y.world.now})
	}
	receivers := rapid.SampledFrom([][]string{{"alertscale", "alertscale"}, {"a", "b"}}).Draw(r, "receivers")
	for _, receiver := range receivers {
		y.senders = append(y.senders, newSender(y, receiver))
	}
	return y
}

// truly is the time by the clocks of the senders.
func (y *year) truly() time.Time { return y.world.now.Add(y.ahead) }

// later has something happen.
func (y *year) later(at time.Time, do func()) {
	i, _ := slices.BinarySearchFunc(y.queue, at, func(h happening, at time.Time) int {
		if h.at.After(at) {
			return 1
		}
		return -1
	})
	y.queue = slices.Insert(y.queue, i, happening{at, do})
}

// pass lets time pass, with what happens on the way.
func (y *year) pass(d time.Duration) {
	for end := y.truly().Add(d); ; {
		if len(y.queue) == 0 || y.queue[0].at.After(end) {
			y.sleepUntil(end)
			return
		}
		next := y.queue[0]
		y.queue = y.queue[1:]
		y.sleepUntil(next.at)
		next.do()
	}
}

func (y *year) sleepUntil(at time.Time) {
	at = at.Add(-y.ahead)
	if y.down {
		y.world.now = later(y.world.now, at)
		return
	}
	quiet := at.Sub(y.world.now) > quietAfter
	y.untilTime(at)
	if quiet {
		y.served()
	}
	y.day()
}

// live lets a part of a year pass.
func (y *year) live() {
	for end := y.truly().Add(partOfYear); y.truly().Before(end); {
		y.pass(rapid.SampledFrom([]time.Duration{
			0, time.Second, 20 * time.Second, 2 * time.Minute, 9 * time.Minute, 25 * time.Minute, 50 * time.Minute,
		}).Draw(y.r, "pause"))
		y.happen()
	}
}

// calmDown ends all that goes on: in the end every workload is where it was, and nothing is remembered.
func (y *year) calmDown() {
	y.up()
	y.gitops, y.world.next, y.world.reads, y.store.next, y.world.mute = false, nil, nil, nil, false
	l := y.only()
	l.missing, l.unready, l.conditions, l.own = false, false, nil, saying("", "60")
	for _, f := range y.facts {
		f.silenced = time.Time{}
		if f.fires {
			f.fires, f.end = false, y.truly()
		}
		for _, s := range y.senders {
			s.notice(f.name)
		}
	}
	y.pass(10 * time.Minute)
	y.readAgain() // as all that is known is, all the time
	y.pass(9 * time.Hour)
	y.back()
	y.pass(4 * time.Hour)
}

// TestYear runs the same hundred parts of a year each time, so that what makes it fail is a change; others with -rapid.seed.
func TestYear(t *testing.T) {
	if seed := flag.Lookup("rapid.seed").Value; seed.String() == "0" {
		require.NoError(t, seed.Set("1"))
		defer func() { require.NoError(t, seed.Set("0")) }()
	}
	var all counted
	rapid.Check(t, func(r *rapid.T) {
		y := newYear(r)
		y.live()
		y.calmDown()
		all.add(y.n)
	})
	require.Positive(t, all.scaled)
	t.Log(all)
}
