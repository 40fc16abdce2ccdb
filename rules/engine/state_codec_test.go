package engine

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// golden compares what is written with a file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	var pretty bytes.Buffer
	require.NoError(t, json.Indent(&pretty, got, "", "  "))
	pretty.WriteByte('\n')
	if *update {
		require.NoError(t, os.WriteFile(name, pretty.Bytes(), 0o644))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, string(want), pretty.String())
}

var shopWebRef = rules.Ref{Driver: "kubernetes", Kind: "Deployment", Namespace: "shop", Name: "web", Path: "/spec/minReplicas"}

// whole is a state that has everything.
func whole() RefState {
	three, seven := 3, 7
	s := RefState{
		Target: "web", Connection: "https://cluster", Count: &three, ReadAt: at("4m"), MissingAt: at("4m30s"), Calls: 5,
		Policies: &Policies{Own: &rules.OwnBounds{Min: &three, Max: &seven}},
		Last:     &LastChange{At: at("-10m"), From: 1, To: 3, Rule: "busy"},
		Intent: &Intent{At: at("5m"), From: 3, Plan: json.RawMessage(`{"step":1}`),
			Attempts: []Attempt{{To: 2, Rule: "calm", Calls: []uint64{4}}, {To: 5, Rule: "busy", Calls: []uint64{3}}}},
	}.during(map[string]*Episode{
		"busy": {Since: at("0s"), Call: &Call{ID: 3, At: at("0s"), Start: &three, Preempted: true, Cause: Cause{Since: at("-1m"), Receiver: "alertscale", Group: "g", More: 2,
			Alerts: []NamedAlert{{rules.Labels{{Name: "alertname", Value: "Busy"}}, "00112233445566aa", at("-1m")}}}}},
		"calm": {Since: at("-2h"), Ended: at("-1h"), Call: &Call{ID: 4, At: at("-1h"), AtEnd: true}, Cancelled: &Call{ID: 2, At: at("-2h")}, EndServed: true},
		"want": {Since: at("-1h"), Call: &Call{ID: 5, At: at("-1h"), Value: &seven, Broken: "set: no"}, Value: &seven, LeftAlone: "left alone: it says no bounds of its own"},
	}).with(map[string]AlertState{
		"00112233445566aa": {Phase: Firing, StartsAt: at("0s"), At: at("5m"), Rules: []string{"busy", "calm"}, DoubtedAt: at("1h"),
			Groups: []Membership{{Group: 11, LeftOutAt: at("4m"), Certain: true}, {Group: 12}}},
		"00112233445566bb": {Phase: Resolved, StartsAt: at("-1h"), EndsAt: at("0s"), At: at("30s"), LastAt: at("1m"), Rules: []string{"busy"},
			DisputedBy: []rules.GroupID{12}, NeverFired: true},
		"00112233445566cc": {Phase: Firing, StartsAt: at("4m"), At: at("4m"), Rules: []string{"busy"}, Hook: "ci", Until: at("9m"),
			KnownUntil: at("24h4m")},
	})
	s.hearGroup(12, at("5m"))
	return s
}

func TestCodec_WhatThisVersionWrites(t *testing.T) {
	s := whole()
	golden(t, "testdata/state-v3.json", encoded(t, shopWebRef, &s).Data)
	for _, name := range []string{"testdata/state-v3.json", "testdata/state-v2.json"} {
		written, err := os.ReadFile(name)
		require.NoError(t, err)
		ref, again, parts, err := decodeState(Record{Data: written})
		require.NoError(t, err)
		require.Equal(t, shopWebRef, ref)
		require.Empty(t, parts)
		again.Intent.Plan = s.Intent.Plan // which the file has with more space
		if name == "testdata/state-v2.json" {
			again.hearGroup(12, at("5m"))
			again.changePolicies(func(p *Policies) { p.Own = s.Own() })
			again.episode("want").LeftAlone = s.episode("want").LeftAlone   // later than version 2
			again.episode("busy").Call.Cause = s.episode("busy").Call.Cause // it had texts alone
		}
		require.Equal(t, s.plain(), again.plain())
	}
}

func TestCodec_Version1IsRead(t *testing.T) {
	data, err := os.ReadFile("testdata/state-v1.json")
	require.NoError(t, err)
	ref, s, _, err := decodeState(Record{Data: data})
	require.NoError(t, err)
	require.Equal(t, "kubernetes:Deployment/shop/web", ref.String())
	golden(t, "testdata/state-v1-as-v3.json", encoded(t, ref, &s).Data)
	require.Equal(t, []Attempt{{To: 5, Rule: "busy", Calls: []uint64{2}}, {To: 5, Rule: "busy", Calls: []uint64{3}}}, s.Intent.Attempts)

	_, named, _, err := decodeState(Record{Data: append([]byte(`{"version":1,`), data[1:]...)})
	require.NoError(t, err)
	require.Equal(t, s.plain(), named.plain())
}

func TestCodec_WhatIsRefused(t *testing.T) {
	for data, want := range map[string]string{
		`{"version":4,"state":4}`:      "what is stored is of schema version 4; this alertscale reads versions 1 to 3: use the one that wrote it, or a newer one",
		`{"version":0}`:                "what is stored is of schema version 0; this alertscale reads versions 1 to 3: use the one that wrote it, or a newer one",
		`{"version":-1,"memory":{}}`:   "what is stored is of schema version -1; this alertscale reads versions 1 to 3: use the one that wrote it, or a newer one",
		`{"version":2,"state":{`:       "what is stored is no state of a ref: unexpected end of JSON input",
		`{"version":2,"state":"some"}`: "what is stored is no state of a ref: json: cannot unmarshal string into Go struct field storedRecord.state of type engine.storedState",
	} {
		_, err := RestoreCycle(Record{Ref: "sim:web", Data: []byte(data)}, CycleOptions{})
		require.EqualError(t, err, "sim:web: "+want)
	}
}

func TestCodec_AnIntentWithoutAttemptsIsNone(t *testing.T) {
	_, s, _, err := decodeState(Record{Data: []byte(`{"version":2,"state":{"intent":{"at":"2026-03-02T12:00:00Z","from":3}}}`)})
	require.NoError(t, err)
	require.Nil(t, s.Intent)
}

func TestCodec_OfNothingNothingIsStored(t *testing.T) {
	require.Empty(t, encoded(t, shopWebRef, &RefState{Target: "web", Calls: 7}).Data)
}

// TestProperty_WhatIsStoredIsReadAsItWas writes and reads any state.
func TestProperty_WhatIsStoredIsReadAsItWas(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := anyState(r)
		if s.empty() {
			return
		}
		ref, again, _, err := decodeState(encoded(r, shopWebRef, &s))
		require.NoError(r, err)
		require.Equal(r, shopWebRef, ref)
		require.Equal(r, s.plain(), again.plain())
		again.counted(r)
	})
}

func anyTime(r *rapid.T, label string) time.Time {
	if rapid.IntRange(0, 3).Draw(r, label) == 0 {
		return time.Time{}
	}
	return time.Unix(rapid.Int64Range(-60_000_000_000, 250_000_000_000).Draw(r, label), rapid.Int64Range(0, 999_999_999).Draw(r, label)).UTC()
}

func anyText(r *rapid.T, label string) string { return rapid.String().Draw(r, label) }

func anyCount(r *rapid.T, label string) *int {
	if rapid.Bool().Draw(r, label) {
		return nil
	}
	n := rapid.IntRange(0, 1<<31-1).Draw(r, label)
	return &n
}

// some draws a few; nil for none.
func some[T any](r *rapid.T, label string, one func(*rapid.T, string) T) []T {
	var all []T
	for range rapid.IntRange(0, 3).Draw(r, label) {
		all = append(all, one(r, label))
	}
	return all
}

func anyID(r *rapid.T, label string) uint64 { return rapid.Uint64().Draw(r, label) }

func anyGroup(r *rapid.T, label string) rules.GroupID { return rules.GroupID(anyID(r, label)) }

func anyMember(r *rapid.T, label string) Membership {
	return Membership{Group: anyGroup(r, label), LeftOutAt: anyTime(r, "left out"), Certain: rapid.Bool().Draw(r, "certain")}
}

func anyCall(r *rapid.T) *Call {
	if rapid.Bool().Draw(r, "no call") {
		return nil
	}
	return &Call{
		ID: anyID(r, "id"), At: anyTime(r, "at"), AtEnd: rapid.Bool().Draw(r, "at end"), Value: anyCount(r, "value"), Broken: anyText(r, "broken"),
		Start: anyCount(r, "start"), Preempted: rapid.Bool().Draw(r, "preempted"), Cause: anyCause(r),
	}
}

func anyCause(r *rapid.T) Cause {
	return Cause{
		Since: anyTime(r, "since"), More: rapid.IntRange(0, 9).Draw(r, "more"), Receiver: anyText(r, "receiver"), Group: anyText(r, "group"),
		Alerts: some(r, "alerts", func(r *rapid.T, _ string) NamedAlert {
			return NamedAlert{rules.Labels{{Name: anyText(r, "name"), Value: anyText(r, "value")}}, anyText(r, "fingerprint"), anyTime(r, "starts")}
		}),
	}
}

func anyAlert(r *rapid.T) AlertState {
	return AlertState{
		Phase:    rapid.SampledFrom([]AlertPhase{Firing, Suspended, Resolved}).Draw(r, "phase"),
		StartsAt: anyTime(r, "starts"), EndsAt: anyTime(r, "ends"), At: anyTime(r, "at"), LastAt: anyTime(r, "last"),
		Groups: some(r, "groups", anyMember), Rules: some(r, "rules", anyText), DisputedBy: some(r, "disputed", anyGroup),
		NeverFired: rapid.Bool().Draw(r, "never"), DoubtedAt: anyTime(r, "doubted"), Hook: anyText(r, "hook"), Until: anyTime(r, "until"),
		KnownUntil: anyTime(r, "known"),
	}
}

func anyAttempt(r *rapid.T, _ string) Attempt {
	return Attempt{To: rapid.IntRange(0, 1<<31-1).Draw(r, "to"), Rule: anyText(r, "rule"), Calls: some(r, "calls", anyID)}
}

func anyState(r *rapid.T) RefState {
	s := RefState{
		Target: anyText(r, "target"), Connection: anyText(r, "connection"), Count: anyCount(r, "count"), ReadAt: anyTime(r, "read"),
		MissingAt: anyTime(r, "missing"), Calls: anyID(r, "calls"),
	}
	if low, high := anyCount(r, "own min"), anyCount(r, "own max"); low != nil || high != nil {
		s.changePolicies(func(p *Policies) { p.Own = &rules.OwnBounds{Min: low, Max: high} })
	}
	for i := range rapid.IntRange(0, 20).Draw(r, "alerts") {
		s.putAlert(fmt.Sprint(i, anyText(r, "fingerprint")), anyAlert(r))
	}
	for _, g := range s.groupIDs() {
		s.hearGroup(g, anyTime(r, "heard"))
	}
	for i := range rapid.IntRange(0, 3).Draw(r, "episodes") {
		s.setEpisode(fmt.Sprint(i, anyText(r, "rule")), &Episode{
			Since: anyTime(r, "since"), Ended: anyTime(r, "ended"), Call: anyCall(r), Cancelled: anyCall(r), Value: anyCount(r, "value"),
			EndServed: rapid.Bool().Draw(r, "end served"), LeftAlone: anyText(r, "left alone"),
		})
	}
	if rapid.Bool().Draw(r, "last") {
		s.Last = &LastChange{At: anyTime(r, "at"), From: 1, To: rapid.IntRange(0, 99).Draw(r, "to"), Rule: anyText(r, "rule")}
	}
	if all := some(r, "attempts", anyAttempt); all != nil {
		s.Intent = &Intent{At: anyTime(r, "at"), From: rapid.IntRange(0, 99).Draw(r, "from"), Attempts: all}
		if rapid.Bool().Draw(r, "plan") {
			s.Intent.Plan = json.RawMessage(`{"step":1}`)
		}
	}
	return s
}
