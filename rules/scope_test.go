package rules

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// scoped has two senders, one of whom may touch a part of the rules, and two hooks.
const scoped = "senders: {prod: , dev: ['x *', 'idle']}\nhooks: {deploy: ['deploy*'], any: }\n" + web

var scopedRules = scoped + rule("busy", "Busy", "up: 2") + rule("'x busy'", "Busy", "up: 1") + rule("idle", "Idle", "down: 1") + rule("deploy it", "Deploy", "up: 1")

// touched are the names of the rules that alerts of some names touch.
func touched(m Match) (names []string) {
	for _, r := range m.Refs {
		for _, a := range r.Alerts {
			for _, rule := range a.Rules {
				names = append(names, rule.Name)
			}
		}
	}
	return names
}

func named(names ...string) (all []Alert) {
	for _, name := range names {
		all = append(all, Alert{Fingerprint: name, Labels: Labels{{"alertname", name}}, StartsAt: epoch})
	}
	return all
}

func TestScope_WhatASenderMayTouch(t *testing.T) {
	set := newSet(t, scopedRules)
	alerts := named("Busy", "Idle", "Deploy", "Other")
	for _, test := range []struct {
		event     Event
		touches   []string
		ignored   int
		outside   int
		unmatched int
		counted   string
	}{
		{Event{Sender: "prod"}, []string{"busy", "x busy", "idle", "deploy it"}, 0, 0, 1, "prod"},
		{Event{Sender: "dev"}, []string{"x busy", "idle"}, 1, 2, 1, "dev"},
		{Event{Sender: "gone"}, nil, 3, 3, 1, ""},
		{Event{}, []string{"busy", "x busy", "idle", "deploy it"}, 0, 0, 1, ""},
		{Event{Hook: "deploy"}, []string{"deploy it"}, 2, 2, 1, "hook/deploy"},
		{Event{Hook: "any"}, []string{"busy", "x busy", "idle", "deploy it"}, 0, 0, 1, "hook/any"},
		{Event{Hook: "other"}, []string{"busy", "x busy", "idle", "deploy it"}, 0, 0, 1, ""},
	} {
		e := test.event
		e.Alerts = alerts
		m := set.Match(&e)
		require.Equal(t, test.touches, touched(m), "%+v", test.event)
		require.Equal(t, []int{test.ignored, test.outside, test.unmatched}, []int{len(m.Ignored), m.Outside, len(m.Unmatched)}, "%+v", test.event)
		require.Equal(t, test.counted, set.ScopeName(&e))
		for _, r := range set.Rules {
			require.Equal(t, len(test.touches) == 4 || contains(test.touches, r.Name), set.MayTouch(&e, r.Name))
		}
	}
	require.Equal(t, []string{"dev", "hook/any", "hook/deploy", "prod"}, set.ScopeNames())
}

func contains(all []string, name string) bool {
	for _, s := range all {
		if s == name {
			return true
		}
	}
	return false
}

func TestScope_WithoutSendersEverybodyMayTouchAll(t *testing.T) {
	set := newSet(t, web+rule("busy", "Busy", "up: 2"))
	for _, sender := range []string{"", "prod"} {
		e := Event{Sender: sender, Alerts: named("Busy")}
		require.Equal(t, []string{"busy"}, touched(set.Match(&e)))
	}
	require.True(t, set.Speaks(""))
	require.False(t, set.Speaks("prod"))
	require.Empty(t, set.ScopeNames())
}

func TestScope_GroupsAreKnownBySender(t *testing.T) {
	anyone, prod, dev := Event{Receiver: "r", GroupKey: "g"}, Event{Receiver: "r", GroupKey: "g", Sender: "prod"}, Event{Receiver: "r", GroupKey: "g", Sender: "dev"}
	require.Equal(t, GroupID(0x8a66b119615e3e18), anyone.Group(), "as it is stored since version 1")
	require.NotEqual(t, anyone.Group(), prod.Group())
	require.NotEqual(t, prod.Group(), dev.Group())
	require.Zero(t, (&Event{Receiver: "r", Sender: "prod"}).Group())
}

func TestScope_Fingerprints(t *testing.T) {
	require.Equal(t, "aa", SenderFingerprint("", "aa"))
	require.Equal(t, "sender/prod/aa", SenderFingerprint("prod", "aa"))
	for _, fp := range []string{"aa", "hook/ci/1", "sender/prod/aa", "sender/prod/hook/ci/1"} {
		sender, bare := CutSender(fp)
		require.Equal(t, fp, SenderFingerprint(sender, bare))
	}
}

func TestScope_Faults(t *testing.T) {
	for text, want := range map[string]string{
		"senders: {a: ['[']}": `test.yml:1: senders.a[0]: "[" is no pattern`,
		"senders: {a: []}":    "test.yml:1: senders.a: names no rule; leave it out where all rules are meant",
		"hooks: {a: busy}":    `test.yml:1: hooks.a: is "busy", want a list`,
	} {
		_, err := parseSet(text + "\n" + web + rule("busy", "Busy", "up: 2"))
		require.ErrorContains(t, err, want)
	}
}
