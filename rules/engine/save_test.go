package engine

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// What was heard and the intent of the change that it leads to take one write, and the outcome rides with the next.
func TestSave_AChangeTakesOneWrite(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.async = true
	w.send(telling(firing("Busy")))
	for _, kind := range []Kind{Observe, Save, Scale} {
		require.Len(t, w.out, 1)
		require.Equal(t, kind, w.out[0].cmd.Kind)
		if kind == Scale {
			require.Equal(t, 1, w.store.writes)
		} else {
			require.Zero(t, w.store.writes)
		}
		w.complete(w.out[0])
	}
	w.has(5)
	require.Equal(t, 1, w.store.writes)
	w.until("1s")
	require.Len(t, w.out, 1)
	require.Equal(t, Save, w.out[0].cmd.Kind)
}

// So does what was heard, a plan and the intent.
func TestSave_AChangeByAPlanTakesOneWrite(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.async, w.plans = true, true
	w.useAll()
	w.send(telling(firing("Busy")))
	for _, kind := range []Kind{Observe, Plan, Save} {
		require.Len(t, w.out, 1)
		require.Equal(t, kind, w.out[0].cmd.Kind)
		w.complete(w.out[0])
	}
	require.Equal(t, 1, w.store.writes)
	require.Equal(t, Scale, w.out[0].cmd.Kind)
}

// Who sent a notification is told nothing before it is stored.
func TestSave_NobodyIsToldOfWhatIsNotStored(t *testing.T) {
	for _, reply := range []Reply{
		{Outcome: Unavailable, Text: "no answer"}, {Outcome: Refused, Text: "forbidden"}, {Outcome: NotFound, Text: "no such workload"},
		{Outcome: Succeeded, Observed: Observed{Count: 1000, Ready: true}},
	} {
		w := newWorld(t, busyIdle, 3)
		w.async = true
		w.reads = []Reply{reply}
		w.send(telling(firing("Busy")))
		w.complete(w.out[0])
		require.Equal(t, Save, w.out[0].cmd.Kind)
		require.Len(t, w.promise, 1, "%+v", reply)
		w.complete(w.out[0])
		require.Empty(t, w.promise)
	}
}

// A store that fails is what the sender is told of; what was read meanwhile is told once the store has it.
func TestSave_WhatWasReadIsToldOnceItIsStored(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.reads = []Reply{{Outcome: Refused, Text: "forbidden"}}
	w.store.fails(writeLost)
	w.post("0s", firing("Busy")).verdict(Failed).because("the store does not answer")
	require.Empty(t, w.log)
	w.until("5s")
	require.Len(t, w.log, 1)
	require.Equal(t, Rejected, w.log[0].Verdict)
}

// A read that takes long keeps nothing from being stored.
func TestSave_DoesNotWaitForASlowRead(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.async = true
	w.send(telling(firing("Busy")))
	w.until("999ms")
	require.Len(t, w.out, 1)
	w.until("1s")
	require.Len(t, w.out, 2)
	require.Equal(t, Save, w.out[1].cmd.Kind)
	w.complete(w.out[1])
	w.send(telling(firing("Busy").with("pod", "b"))) // what is heard later is stored at once
	require.Equal(t, Save, w.out[1].cmd.Kind)
	w.complete(w.out[0])
	w.complete(w.out[0])
	require.Equal(t, Save, w.out[0].cmd.Kind)
	w.complete(w.out[0])
	require.Equal(t, Scale, w.out[0].cmd.Kind)
}

// A store that fails while the count is read is tried again, also where the read takes long.
func TestSave_IsTriedAgainWhileAReadIsOut(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.async = true
	w.send(telling(firing("Busy")))
	w.until("1s")
	w.store.fails(writeLost)
	w.complete(w.out[1])
	require.Len(t, w.out, 1)
	w.until("2s")
	require.Len(t, w.out, 2)
	w.complete(w.out[1])
	require.Equal(t, 1, w.store.writes)
}

// What may be stored late is stored at whole seconds, by many refs together.
func TestSave_WhatIsStoredLateSharesACommit(t *testing.T) {
	w := newWorld(t, "targets: {any: {driver: sim, name: '{{ .Labels.name }}', max: 9}}\nrules: [{name: busy, matchers: [alertname=Busy], target: any, up: 1}]\n", 3)
	for i, when := range []string{"100ms", "300ms", "900ms"} {
		w.post(when, firing("Busy").with("name", fmt.Sprint(i)), in(when))
	}
	w.until("999ms")
	require.Equal(t, 3, w.store.writes)
	w.until("1s")
	require.Equal(t, 6, w.store.writes)
}

// Where the clock was set back while a read is out, what was heard is stored as soon as it would have been.
func TestSave_DoesNotWaitForAClockThatWasSetBack(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.now = at("2h")
	w.async = true
	w.send(telling(firing("Busy").since("2h")))
	require.Len(t, w.out, 1)
	w.clock("1h")
	w.until("1h2s")
	require.Len(t, w.out, 2)
	require.Equal(t, Save, w.out[1].cmd.Kind)
}

// A change whose intent is stored is asked for, however many words come while it is being stored.
func TestSave_WordsThatComeInAStreamKeepNoChangeFromBeingAskedFor(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.async = true
	w.send(telling(firing("Busy")))
	w.complete(w.out[0])
	require.Equal(t, Save, w.out[0].cmd.Kind)
	for i := range 20 {
		w.send(telling(firing("Busy").with("pod", fmt.Sprint(i))))
		w.complete(w.out[0])
		for _, e := range w.out {
			if e.cmd.Kind == Scale {
				return
			}
		}
	}
	require.Fail(t, "it is not asked for")
}
