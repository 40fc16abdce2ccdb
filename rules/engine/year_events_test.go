package engine

import (
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// yearEvents are what may happen, each as often as it is there.
var yearEvents = []struct {
	name  string
	often int
	do    func(*year)
}{
	{"flip", 12, (*year).flip},
	{"figure", 2, (*year).figure},
	{"silence", 1, (*year).silence},
	{"somebody", 1, (*year).changes},
	{"api", 2, (*year).apiFails},
	{"store", 1, (*year).storeFails},
	{"crash", 1, (*year).crashes},
	{"outage", 1, (*year).outage},
	{"reload", 1, (*year).anotherFile},
	{"pause", 1, (*year).pauses},
	{"workload", 3, (*year).workload},
	{"bounds", 1, (*year).saysBounds},
	{"clock", 1, (*year).setClock},
	{"press", 1, (*year).pressHook},
}

// happen lets one thing happen.
func (y *year) happen() {
	y.up()
	y.outside()
	y.n.events++
	all := 0
	for _, e := range yearEvents {
		all += e.often
	}
	n := rapid.IntRange(0, all-1).Draw(y.r, "event")
	for _, e := range yearEvents {
		if n -= e.often; n < 0 {
			e.do(y)
			return
		}
	}
}

// changes has somebody set the count, or a GitOps controller begin or end to set it back.
func (y *year) changes() {
	y.gitops = rapid.IntRange(0, 3).Draw(y.r, "gitops") == 0
	n := rapid.IntRange(0, 25).Draw(y.r, "count")
	if y.setCount(n); n == 0 {
		y.later(y.truly().Add(time.Hour), func() { y.outside(); y.setCount(5) })
	}
}

// setCount sets the count where nobody could take that for a change of ours that was lost.
func (y *year) setCount(n int) {
	if s := y.state(); y.down || s.Intent != nil || y.cycles[y.ref()] != nil && !y.cycles[y.ref()].Saved() || len(y.world.late) > 0 {
		return
	}
	y.only().count = n
	y.only().version++
}

func (y *year) ref() rules.Ref { return parseRef("sim:web") }

// apiFails prepares what befalls the driver's calls.
func (y *year) apiFails() {
	switch rapid.SampledFrom([]string{"change", "change", "read", "throttled", "lookups"}).Draw(y.r, "fails") {
	case "change":
		for range rapid.IntRange(1, 4).Draw(y.r, "times") {
			y.fails(mishap(rapid.IntRange(int(answerLost), int(busy)).Draw(y.r, "mishap")))
		}
	case "read":
		for range rapid.IntRange(1, 8).Draw(y.r, "times") {
			y.world.reads = append(y.world.reads, Reply{Outcome: Unavailable, Text: "the API does not answer"})
		}
	case "throttled":
		y.world.reads = append(y.world.reads, Reply{Outcome: Throttled, Text: "later", After: 5 * time.Minute})
	case "lookups":
		y.world.mute = !y.world.mute
	}
}

func (y *year) storeFails() {
	for range rapid.IntRange(1, 5).Draw(y.r, "times") {
		y.store.fails(storing(rapid.IntRange(int(writeLost), int(outrun)).Draw(y.r, "storing")))
	}
}

// crashes ends the process, now or at one of its next commands, and starts another one.
func (y *year) crashes() {
	if rapid.Bool().Draw(y.r, "now") {
		y.crash()
		return
	}
	y.crashIn, y.lands = rapid.IntRange(1, 4).Draw(y.r, "commands"), rapid.Bool().Draw(y.r, "lands")
}

// outage is a time in which no process runs.
func (y *year) outage() {
	y.crash()
	y.cycles, y.wakes = map[rules.Ref]*Cycle{}, map[rules.Ref]time.Time{}
	y.down = true
	y.later(y.truly().Add(rapid.SampledFrom([]time.Duration{30 * time.Second, 10 * time.Minute, 5 * time.Hour}).Draw(y.r, "outage")), y.up)
}

// up starts the process where it is down.
func (y *year) up() {
	if y.down {
		y.down = false
		y.outside()
		y.crash()
	}
}

func (y *year) anotherFile() {
	y.file = newYearFile(y.r)
	y.world.set = y.file.set
	y.reloaded()
	y.useAll()
}

func (y *year) pauses() {
	c := y.cycle(y.ref())
	d := rapid.SampledFrom([]rules.Direction{rules.Up, rules.Down, rules.Stay}).Draw(y.r, "direction")
	if rapid.IntRange(0, 3).Draw(y.r, "resume") == 0 {
		c.Resume(d, y.world.now)
		y.resumed(d)
		y.pump(c)
		return
	}
	p := Pause{Direction: d, Until: y.world.now.Add(rapid.SampledFrom([]time.Duration{time.Second, 20 * time.Minute, 5 * time.Hour}).Draw(y.r, "for"))}
	c.Pause(p, y.world.now)
	y.paused(p)
	y.pump(c)
	if y.cycles[y.ref()] == c && c.Stored() { // the process may have ended
		y.pauseStored(p)
	}
}

// workload changes what there is to be known of the workload, for a while.
func (y *year) workload() {
	l, state := y.only(), rapid.SampledFrom([]string{"unready", "unready", "owned", "disabled", "not ready", "missing"}).Draw(y.r, "workload")
	switch state {
	case "unready":
		l.unready = true
	case "missing":
		l.missing = true
	default:
		l.conditions = []Condition{{ConditionType(state), "it is " + state}}
	}
	length := rapid.SampledFrom([]time.Duration{90 * time.Second, 10 * time.Minute, time.Hour}).Draw(y.r, "length")
	y.later(y.truly().Add(length), func() {
		y.outside()
		l.unready, l.missing, l.conditions = false, false, nil
	})
}

// saysBounds has somebody say, change or take back the workload's own bounds.
func (y *year) saysBounds() {
	draw := func(name string) string {
		return rapid.SampledFrom([]string{"", "0", "1", "3", "5", "8", "15", "60", "many"}).Draw(y.r, name)
	}
	y.only().own = saying(draw("own min"), draw("own max"))
	if rapid.Bool().Draw(y.r, "noticed") {
		y.readAgain()
	}
}

// setClock sets our clock, which may be wrong by some hours, and not those of the senders.
func (y *year) setClock() {
	by := rapid.SampledFrom([]time.Duration{-2 * time.Hour, -time.Minute, time.Second, 3 * time.Hour}).Draw(y.r, "by")
	if wrong := y.ahead - by; wrong.Abs() > 4*time.Hour || len(y.world.late) > 0 { // of a change on its way, it is not known when it was asked for
		return
	}
	y.prune()
	if s := y.state(); s.Last == nil && s.Intent == nil { // what is forgotten does not come back with the clock
		y.only().changes = nil
	}
	y.ahead -= by
	y.leapt = y.leapt || by > y.world.set.AlertTTL
	now := y.world.now.Add(by)
	y.world.clock(now.Sub(epoch).String())
	y.setBack(now)
}

func (y *year) pressHook() {
	e := y.pressed(rapid.SampledFrom([]string{"", "", "key"}).Draw(y.r, "key"), 5*time.Minute, deploy)
	y.n.notifications++
	a := y.send(e)
	require.NotNil(y.r, a)
}
