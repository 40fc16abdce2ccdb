package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLife(t *testing.T) {
	b := newBench(t)
	s := b.unsettled(nil)
	b.has(s, thing{"state": "registering", "scale": 2, "currentScale": nil, "transitioning": "yes"})
	s = b.settled(s)
	b.has(s, thing{"state": "active", "scale": 2, "currentScale": 2, "transitioning": "no", "transitioningMessage": nil, "healthState": "healthy"})
	b.offers(s, "upgrade", "restart", "update", "remove", "deactivate")

	scaled := func(scale, before int) {
		t.Helper()
		got := b.put(s, thing{"scale": scale})
		assert.Equal(t, 200, got.status)
		b.has(got.body, thing{"state": "updating-active", "scale": scale, "currentScale": before, "transitioning": "yes", "transitioningMessage": "In Progress"})
		b.has(b.settled(s), thing{"state": "active", "scale": scale, "currentScale": scale, "transitioning": "no"})
		assert.Equal(t, scale, b.running(s))
	}
	scaled(3, 2)
	scaled(3, 3) // the number that stands already starts it all the same
	scaled(0, 3)
	got := b.put(s, thing{"links": nil, "actions": nil})
	assert.Equal(t, 200, got.status)
	b.has(got.body, thing{"state": "active", "scale": 0})
	scaled(2, 0)

	b.put(s, thing{"scale": 5})
	got = b.put(s, thing{"scale": 4})
	assert.Equal(t, 200, got.status)
	b.has(got.body, thing{"state": "updating-active", "scale": 4})
	b.settled(s)
	assert.Equal(t, 4, b.running(s), "the last write holds")
}

func TestSwitchedOff(t *testing.T) {
	b := newBench(t)
	made := b.unsettled(thing{"scale": 1})
	b.refused(b.put(made, thing{"scale": 4}), 409, "Conflict", nil)
	b.has(b.settled(made), thing{"scale": 1, "currentScale": 1})

	s := b.service(thing{"scale": 3})
	b.act(s, "deactivate", thing{})
	b.refused(b.put(s, thing{"scale": 9}), 409, "Conflict", nil)
	b.has(b.settled(s), thing{"state": "inactive", "scale": 3, "currentScale": 3})
	assert.Zero(t, b.running(s))
	got := b.put(s, thing{"scale": 1})
	assert.Equal(t, 200, got.status)
	b.has(got.body, thing{"state": "updating-inactive", "scale": 1})
	b.has(b.settled(s), thing{"state": "inactive", "scale": 1, "currentScale": 3})
	assert.Zero(t, b.running(s))
	b.act(s, "activate", thing{})
	got = b.put(s, thing{"scale": 4})
	assert.Equal(t, 200, got.status)
	b.has(got.body, thing{"state": "activating"})
	b.has(b.settled(s), thing{"state": "active", "scale": 4, "currentScale": 4})
	assert.Equal(t, 4, b.running(s))

	b.has(b.service(thing{"startOnCreate": false}), thing{"state": "inactive", "currentScale": nil})
}

func TestRestarting(t *testing.T) {
	b := newBench(t)
	s := b.service(nil)
	strategy := thing{"rollingRestartStrategy": thing{"batchSize": 1, "intervalMillis": 500}}
	got := b.act(s, "restart", strategy)
	assert.Equal(t, 202, got.status)
	b.has(got.body, thing{"state": "restarting"})
	b.pass(900 * time.Millisecond)
	b.refused(b.put(s, thing{"scale": 5}), 409, "Conflict", nil)
	b.has(b.settled(s), thing{"state": "active", "scale": 2, "currentScale": 2})
}

func TestRemoval(t *testing.T) {
	b := newBench(t)
	s := b.service(thing{"name": "gone"})
	got := b.env.call("DELETE", self(s), nil)
	assert.Equal(t, 200, got.status)
	b.has(got.body, thing{"state": "removing"})
	b.refused(b.put(s, thing{"scale": 4}), 409, "Conflict", nil)
	b.settled(s)
	assert.NotNil(t, b.looks(s, thing{"state": "removed"})["removed"])
	b.refused(b.put(s, thing{"scale": 4}), 409, "Conflict", nil)
	assert.Empty(t, b.env.list("services?name=gone&stackId="+id(b.stack)))
	again := b.service(thing{"name": "gone"})
	assert.NotEqual(t, id(s), id(again))
	taken := b.env.call("POST", "services", thing{"name": "GONE", "stackId": id(b.stack), "launchConfig": thing{"imageUuid": "sim:x"}})
	b.refused(taken, 422, "NotUnique", "name")
	b.refused(b.put(b.service(thing{"name": "other"}), thing{"name": "Gone"}), 422, "NotUnique", "name")
	b.refused(b.env.call("POST", "stacks", thing{"name": "STACK"}), 422, "NotUnique", "name")
	b.env.call("DELETE", self(b.stack), nil)
	b.settled(b.stack)
	b.looks(again, thing{"state": "removed"})
}

func (b *bench) upgrade(s thing, interval int) answer {
	b.t.Helper()
	return b.act(s, "upgrade", thing{"inServiceStrategy": thing{
		"batchSize": 1, "intervalMillis": interval, "launchConfig": thing{"imageUuid": "sim:web2"},
	}})
}

func TestUpgrading(t *testing.T) {
	b := newBench(t)
	s := b.service(nil)
	assert.Equal(t, 202, b.upgrade(s, 1000).status)
	got := b.put(s, thing{"scale": 3})
	assert.Equal(t, 200, got.status)
	b.has(got.body, thing{"state": "upgrading", "scale": 3})
	b.settled(s)
	now := b.looks(s, thing{"state": "upgraded", "scale": 3, "currentScale": 3, "transitioning": "no"})
	b.offers(now, "rollback", "finishupgrade", "remove")
	assert.NotContains(t, now["actions"], "upgrade")
	assert.Equal(t, "sim:web2", now["launchConfig"].(thing)["imageUuid"])

	got = b.put(s, thing{"scale": 6})
	assert.Equal(t, 200, got.status)
	b.has(got.body, thing{"state": "upgraded", "scale": 6, "transitioning": "no"})
	b.pass(1500 * time.Millisecond)
	assert.Equal(t, 3, b.running(s), "it stores the number and does nothing about it")
	b.act(s, "finishupgrade", thing{})
	got = b.put(s, thing{"scale": 5})
	assert.Equal(t, 200, got.status)
	b.has(got.body, thing{"state": "finishing-upgrade"})
	b.settled(s)
	assert.Equal(t, 5, b.running(s))
	b.looks(s, thing{"state": "active", "scale": 5, "currentScale": 3})
	b.put(s, thing{"scale": 5})
	b.has(b.settled(s), thing{"state": "active", "scale": 5, "currentScale": 5})
}

func TestCanceledUpgrade(t *testing.T) {
	b := newBench(t)
	s := b.service(thing{"scale": 3})
	b.upgrade(s, 3000)
	assert.Equal(t, 202, b.act(s, "cancelupgrade", thing{}).status)
	got := b.put(s, thing{"scale": 5})
	assert.Equal(t, 200, got.status)
	b.has(got.body, thing{"state": "canceling-upgrade", "scale": 5})
	b.settled(s)
	before := b.running(s)
	got = b.put(s, thing{"scale": 2})
	assert.Equal(t, 200, got.status)
	b.has(got.body, thing{"state": "canceled-upgrade", "scale": 2, "healthState": "degraded"})
	b.pass(1500 * time.Millisecond)
	assert.Equal(t, before, b.running(s))
	b.offers(b.reload(s), "continueupgrade")
	b.act(s, "rollback", thing{})
	got = b.put(s, thing{"scale": 4})
	assert.Equal(t, 200, got.status)
	b.has(got.body, thing{"state": "rolling-back"})
	b.settled(s)
	now := b.looks(s, thing{"state": "active", "scale": 4, "currentScale": 3})
	assert.Equal(t, 4, b.running(s))
	require.Equal(t, "sim:web", now["launchConfig"].(thing)["imageUuid"])
}
