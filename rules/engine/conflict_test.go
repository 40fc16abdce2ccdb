package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStore_AConflictIsLoadedRecordedAndDecidedAgain(t *testing.T) {
	a := newWorld(t, busyIdle, 3)
	b := a.twin(busyIdle)
	a.post("0s", firing("Busy")).is(Scaled, 3, 5)
	a.until("10m")
	b.post("10m", firing("Idle"), in("i")).is(Held, 5, 5) // what the other stored holds it
	b.until("20m")
	a.post("20m", resolved("Busy", "20m")).is(Scaled, 5, 4).by("idle")
	b.post("20m", resolved("Busy", "20m")).verdict(Ended)
	require.Len(t, a.only().changes, 2)
}

func TestStore_ALateWakeOfAnotherProcessStepsOnce(t *testing.T) {
	a := newWorld(t, busyIdle, 3)
	b := a.twin(busyIdle)
	a.post("0s", firing("Busy")).is(Scaled, 3, 5)
	a.post("1s", resolved("Busy", "1s"))
	a.post("2s", firing("Busy").since("2s")).verdict(Cooling)
	a.until("10s")
	b.now = at("10s")
	b.crash() // it reads what the store holds
	a.until("5m").has(7)
	b.until("5m").has(7)
	require.Len(t, a.only().changes, 2)
}

func TestStore_AConflictWhileAChangeIsOut(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.async = true
	w.send(telling(firing("Busy")))
	for w.out[0].cmd.Kind != Scale {
		w.complete(w.out[0])
	}
	scale := w.out[0]
	w.send(telling(firing("Busy"), firing("Idle")))
	w.store.fails(outrun)
	w.complete(w.out[1])
	require.Equal(t, []*errand{scale}, w.out, "what is there is read once the change is answered")
	w.complete(scale)
	w.async = false
	for len(w.out) > 0 {
		w.complete(w.out[0])
	}
	w.until("1m").has(5)
	require.NotNil(t, w.state().episode("idle").Call, "what was heard meanwhile is not lost")
	w.until("1h").has(5)
	require.Len(t, w.only().changes, 1)
}

func TestStore_AConflictAfterAReloadIsMatchedByTheNewFile(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.async = true
	w.send(telling(firing("Busy")))
	w.set = newSet(t, web+rule("busy", "Busy", "up: 4")+rule("new", "Busy", "up: 1"))
	w.useAll()
	w.store.fails(outrun)
	w.store.write(Record{Ref: "sim:web", Data: []byte(`{"version":2,"ref":{"driver":"sim","name":"web"},"state":{}}`)})
	w.async = false
	w.complete(w.out[0])
	w.until("1m").has(7)
	require.Contains(t, w.state().plain().Episodes, "new")
}

func TestReload_AChangeThatIsNotAskedForYetIsDecidedAgain(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.async = true
	w.send(telling(firing("Busy")))
	w.complete(w.out[0])
	require.NotNil(t, w.state().Intent)
	w.set = newSet(t, web+rule("busy", "Busy", "up: 1"))
	w.useAll()
	for len(w.out) > 0 {
		w.complete(w.out[0])
	}
	w.has(4)
}

func TestReload_ARefThatIsGoneWhileACommandIsOut(t *testing.T) {
	gone := "targets: {cart: {driver: sim, name: cart, max: 4}}\nrules: []\n"
	for _, kind := range []Kind{Save, Observe, Plan, Scale} {
		for _, how := range []mishap{fine, changeLost, overtaken, busy} {
			w := newWorld(t, busyIdle, 3)
			w.async, w.plans = true, true
			w.fails(how)
			w.send(telling(firing("Busy")))
			for w.out[0].cmd.Kind != kind {
				w.complete(w.out[0])
			}
			w.set = newSet(t, gone)
			w.useAll()
			w.reads = []Reply{{Outcome: Unavailable, Text: "no answer"}}
			w.async = false
			w.complete(w.out[0])
			w.until("1h")
			require.Empty(t, w.state().plain().Episodes)
			require.LessOrEqual(t, w.only().count, 5)
		}
	}
}

func TestRecord_AResolveTakesBackAChangeThatIsNotAskedForYet(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.async = true
	w.send(telling(firing("Busy")))
	w.complete(w.out[0])
	require.NotNil(t, w.state().Intent)
	w.send(telling(resolved("Busy", "0s")))
	for len(w.out) > 0 {
		w.complete(w.out[0])
	}
	require.Nil(t, w.state().Intent)
	w.has(3)
}

func TestRespelled_WhileAChangeIsOut(t *testing.T) {
	w := newWorld(t, spelled("prod", "Deployment"), 3)
	w.async = true
	w.send(telling(busyOf("shop", "web")))
	for w.out[0].cmd.Kind != Scale {
		w.complete(w.out[0])
	}
	w.set = newSet(t, spelled("cluster", "Deployment"))
	w.useAll()
	w.complete(w.out[0])
	w.async = false
	w.until("1h").has(4, "cluster:Deployment/shop/web")
	require.Len(t, w.loads[parseRef("cluster:Deployment/shop/web")].changes, 1)
}

func TestStore_WhatCannotBeStoredScalesNothing(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.store.fails(writeLost, writeLost, writeLost)
	w.post("0s", firing("Busy")).verdict(Failed).because("the store does not answer")
	w.has(3)
	require.Len(t, w.only().reads, 1)
	w.post("500ms", firing("Busy")).verdict(Failed) // tried at once for it, and not read before
	require.Len(t, w.only().reads, 1)
	w.until("10s").has(5)
}

func TestStore_AnAnswerThatIsLostIsAConflictThatChangesNothing(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.store.fails(savedUnheard)
	w.post("0s", firing("Busy")).verdict(Failed)
	w.until("2s").has(5)
	require.Len(t, w.only().changes, 1)
	w.store.fails(stores, savedUnheard)
	w.post("10m", resolved("Busy", "10m"))
	w.post("11m", firing("Busy").since("11m"))
	w.until("12m").has(7)
	require.Len(t, w.only().changes, 2)
}

func TestStore_WhatFailsToLoadIsTriedAgainLater(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.until("1m")
	w.store.write(Record{Ref: "sim:web", Data: []byte(`{"version":99}`)})
	w.post("10m", resolved("Busy", "10m")).verdict(Failed).because(
		"what is stored is of schema version 99; this alertscale reads versions 1 to 3: use the one that wrote it, or a newer one")
	w.until("20m")
	w.store.write(Record{Ref: "sim:web", Data: []byte(`{"version":2,"ref":{"driver":"sim","name":"web"},"state":{}}`)})
	w.until("21m")
	require.Equal(t, Resolved, w.state().known(fp(firing("Busy"))).Phase, "and what was heard is recorded then")
	require.True(t, w.cycles[parseRef("sim:web")].Saved())
}

func TestStore_OneThatAlwaysConflictsIsNotAskedForEver(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	for range 200 {
		w.store.fails(outrun)
	}
	w.store.write(Record{Ref: "sim:web", Data: []byte(`{"version":2,"ref":{"driver":"sim","name":"web"},"state":{}}`)})
	w.post("0s", firing("Busy")).verdict(Failed).because("somebody else wrote to the store")
	w.until("1m")
	require.NotEmpty(t, w.store.next, "it is tried again and again, with delays")
	w.store.next = nil
	w.until("2m").has(5)
}

func TestStore_ARepeatIsNotAnsweredBeforeTheFirstIsStored(t *testing.T) {
	w := newWorld(t, calm, 20) // which calls nothing so far
	w.async = true
	w.send(telling(firing("Busy")))
	require.Equal(t, Save, w.out[0].cmd.Kind)
	require.Empty(t, w.send(telling(firing("Busy"))).all, "the same from another sender waits for it too")
	w.store.fails(writeLost)
	w.complete(w.out[0])
	require.Empty(t, w.promise, "both are told")
}

func TestStore_ARepeatCostsNothing(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.until("10m")
	reads, writes := len(w.only().reads), w.store.writes
	for range 100 {
		w.untilTime(w.now.Add(time.Second))
		w.send(telling(firing("Busy"))).is(Duplicate, 5, 5)
	}
	require.Len(t, w.only().reads, reads)
	require.LessOrEqual(t, w.store.writes, writes+2, "last-heard times are stored each minute")
	w.until("20m")
	require.Equal(t, writes+2, w.store.writes)
}

func TestDriver_ThatAskedNotToBeCalled(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.reads = []Reply{{Outcome: Throttled, Text: "too many requests", After: 90 * time.Second}}
	w.post("0s", firing("Busy")).verdict(Failed).because("too many requests")
	w.post("30s", firing("Busy"), firing("Idle")).verdict(Failed).because(`driver "sim" asked not to be called before 2026-03-02T12:01:30Z`)
	require.Len(t, w.only().reads, 1)
	w.until("89s").has(3)
	w.until("90s").has(5)

	w = newWorld(t, busyIdle, 3)
	w.reads = []Reply{{Outcome: Throttled, Text: "too many requests", After: 24 * time.Hour}}
	w.post("0s", firing("Busy")).verdict(Failed)
	w.until("9m59s").has(3)
	w.until("10m").has(5) // who asks for a day is mistaken
}

// What was heard while the store did not answer is kept by copies of what concerns the ref, and not without bound.
func TestStore_WhatIsKeptForAConflictIsBounded(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	c := w.cycle(parseRef("sim:web"))
	body := telling(firing("Busy"))
	for range 1000 {
		firing("Other").add(body)
	}
	c.Record(w.set.Match(body).Refs[0], w.now)
	require.Len(t, c.unstored, 1)
	require.Len(t, c.unstored[0].e.Event.Alerts, 1, "the alerts of others are not kept")
	require.NotSame(t, &body.Alerts[0], c.unstored[0].e.Alerts[0].Alert)
	require.False(t, c.unkept)
	for i := range 100 {
		c.Record(w.set.Match(telling(firing("Busy").with("pod", fmt.Sprint(i)))).Refs[0], w.now)
	}
	require.Len(t, c.unstored, maxUnstored)
	require.True(t, c.unkept)

	c = w.cycle(parseRef("sim:web"))
	c.unstored, c.unkept = nil, false
	c.Record(w.set.Match(telling(firing("Busy").with("pod", strings.Repeat("x", 100_000)))).Refs[0], w.now)
	require.Empty(t, c.unstored)
	require.True(t, c.unkept)
	cmd := c.Next(w.now)
	require.Equal(t, Observe, cmd.Kind)
	require.False(t, c.Done(cmd, Reply{Outcome: Unavailable}, w.now).Ended)
	cmd = c.Next(w.now)
	require.Equal(t, Save, cmd.Kind)
	require.False(t, c.Done(cmd, Reply{Outcome: Conflicted}, w.now).Ended)
	cmd = c.Next(w.now)
	require.Equal(t, Load, cmd.Kind)
	require.Contains(t, c.Done(cmd, Reply{Outcome: Succeeded}, w.now).Unsaved, "send it again")
}
