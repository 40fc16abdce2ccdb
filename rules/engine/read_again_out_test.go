package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What happens while a read is out that nothing asked for.

func TestReadAgain_ACallThatComesUpMeanwhileIsDecidedOnIt(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fixed()
	w.async = true
	require.True(t, w.readAgain())
	a := w.post("500ms", firing("Busy"))
	require.Empty(t, a.all)
	require.Zero(t, w.store.writes, "it is stored with what comes of the read")
	for len(w.out) > 0 {
		w.complete(w.out[0])
	}
	require.Len(t, w.only().reads, 1)
	w.has(5)
	require.Empty(t, w.promise, "who sent it is told")
	require.Empty(t, w.log)
	require.LessOrEqual(t, w.store.writes, 1)
}

func TestReadAgain_ACallIsStoredWithinASecondThoughTheReadHangs(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fixed()
	w.async = true
	require.True(t, w.readAgain())
	read := w.out[0]
	w.post("500ms", firing("Busy"))
	w.until("999ms")
	require.Len(t, w.out, 1)
	w.until("1s")
	require.Len(t, w.out, 2)
	require.Equal(t, Save, w.out[1].cmd.Kind)
	w.complete(w.out[1])
	w.until("8s")
	require.Equal(t, []*errand{read}, w.out, "a ref is not read twice at a time")
	w.reads = []Reply{{Outcome: Unavailable, Text: "no answer"}}
	w.complete(read)
	require.Len(t, w.out, 1)
	require.True(t, w.out[0].cmd.Begins, "it is read at once")
	w.async = false
	w.complete(w.out[0])
	w.has(5)
}

func TestReadAgain_NothingIsDecidedOnItWhileACallIsBeingStored(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fixed()
	w.async = true
	require.True(t, w.readAgain())
	read := w.out[0]
	w.post("500ms", firing("Busy"))
	w.until("1s")
	w.complete(read)
	require.Len(t, w.out, 1)
	require.Equal(t, Save, w.out[0].cmd.Kind, "who sent it may be told of nothing that is not stored")
	require.Equal(t, 3, *w.state().Count)
	w.complete(w.out[0])
	require.Len(t, w.out, 1)
	require.True(t, w.out[0].cmd.Begins)
	w.async = false
	w.complete(w.out[0])
	w.has(5)
	require.Empty(t, w.promise)
}

func TestReadAgain_WhatNeedsNoReadIsNotKeptWaiting(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.until("10m")
	w.async = true
	require.True(t, w.readAgain())
	read := w.out[0]
	w.post("10m", resolved("Busy", "10m"))
	require.Len(t, w.out, 2)
	require.Equal(t, Save, w.out[1].cmd.Kind)
	w.complete(w.out[1])
	require.Empty(t, w.promise, "it is answered while the read is out")
	w.complete(read)
	require.Empty(t, w.out)
}

func TestReadAgain_OneAtATime(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	c := w.fixed()
	w.async = true
	require.True(t, w.readAgain())
	require.True(t, w.readAgain())
	require.Len(t, w.out, 1)
	w.complete(w.out[0])
	require.Empty(t, w.out)
	require.Equal(t, Conclusion{}, c.Done(Command{Kind: Observe}, Reply{Outcome: Succeeded, Observed: Observed{Count: 99}}, w.now))
	require.Equal(t, 3, *w.state().Count, "which nobody asked for")
}

func TestReadAgain_AReloadMeanwhile(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	c := w.fixed()
	w.async = true
	require.True(t, w.readAgain())
	c.Use(newSet(t, "targets: {cart: {driver: sim, name: cart, max: 2}}\nrules: [{name: x, matchers: [a=b], target: cart, up: 1}]\n"), Backend{})
	w.complete(w.out[0])
	require.Nil(t, c.State().Count)
	require.Empty(t, w.cycles, "nothing is known of it, and the file does not name it")
}

func TestReadAgain_GoesOnAfterAPanic(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	c := w.fixed()
	w.async = true
	require.True(t, w.readAgain())
	c.Recover()
	w.async = false
	w.out = nil
	w.pump(c)
	require.True(t, w.readAgain())
	require.Equal(t, 3, *w.state().Count)
}
