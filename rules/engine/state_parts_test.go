package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// crowdOf is a notification of many alerts, or one of each of them, from a group of its own.
func crowdOf(n int, own bool) []*rules.Event {
	var all []*rules.Event
	for i := range n {
		pod := firing("Busy").with("pod", fmt.Sprint(i))
		if own {
			e := telling(pod)
			e.GroupKey = fmt.Sprint("g", i)
			all = append(all, e)
		} else if i == 0 {
			all = append(all, telling(pod))
		} else {
			pod.add(all[0])
		}
	}
	return all
}

// size is how much is written by a command.
func size(r Record) (n int) {
	n = len(r.Data)
	for _, p := range r.Parts {
		n += len(p.Name) + len(p.Data)
	}
	return n
}

func TestParts_OneAlertMoreWritesLittle(t *testing.T) {
	for _, own := range []bool{false, true} {
		w := newWorld(t, busyIdle, 3)
		n := 2000
		if own {
			n = 300 // each of which is checked
		}
		for _, e := range crowdOf(n, own) {
			w.send(e)
		}
		w.until("1h")
		require.Greater(t, len(w.store.records["sim:web"].Parts), n/10)
		w.store.written = 0
		if e := telling(firing("Busy").with("pod", "one more")); own {
			e.GroupKey = "another"
			w.send(e)
		} else {
			e = crowdOf(2000, false)[0]
			firing("Busy").with("pod", "one more").add(e)
			w.send(e)
		}
		w.until("2h")
		require.Less(t, w.store.written, 16<<10)
		w.crash()
		require.Equal(t, n+1, w.state().alerts.n)
		require.Equal(t, n+1, w.state().firing("busy"))
	}
}

func TestParts_ARepeatWritesWhenItsGroupWasHeard(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	e := crowdOf(2000, false)[0]
	w.send(e)
	w.until("10h")
	w.store.written = 0
	w.send(e)
	w.until("11h")
	require.Less(t, w.store.written, 4<<10)
	w.crash()
	require.Equal(t, 2000, w.state().firing("busy"))
	w.until("21h59m").send(e) // before alert_ttl has passed since the repeat
	require.Equal(t, 2000, w.state().firing("busy"))
	w.until("33h58m")
	require.Equal(t, 2000, w.state().firing("busy"))
	w.until("33h59m")
	require.Zero(t, w.state().firing("busy"), "they are suspended alert_ttl after their group was last heard")
}

func TestParts_AreDeletedAsAlertsGo(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.send(crowdOf(2000, false)[0])
	gone := telling()
	for i := range 1990 {
		resolved("Busy", "1m").with("pod", fmt.Sprint(i)).add(gone)
	}
	for i := range 10 {
		firing("Busy").with("pod", fmt.Sprint(1990+i)).add(gone)
	}
	w.until("1m").send(gone)
	gone.Alerts = gone.Alerts[1990:]
	w.until("11h").send(gone)
	w.until("24h2m")
	require.Equal(t, 10, w.state().alerts.n)
	require.LessOrEqual(t, len(w.store.records["sim:web"].Parts), 11)
	w.crash()
	require.Equal(t, 10, w.state().alerts.n)
}

// A record of before there were parts is read, and stored in parts when there is something to store.
func TestParts_OfAnOlderRecordAreAllWritten(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.send(crowdOf(100, false)[0])
	s := *w.state()
	all := map[string]storedAlert{}
	for fp, h := range s.allAlerts() {
		all[fp] = h.stored()
	}
	o := s.stored(nil)
	o.Alerts, o.HeardAt = all, nil
	data, err := json.Marshal(storedRecord{Version: 2, Ref: parseRef("sim:web"), State: o})
	require.NoError(t, err)
	w.store.records["sim:web"] = Record{Ref: "sim:web", Revision: "1", Data: data}
	w.crash()
	require.Equal(t, 100, w.state().firing("busy"))
	w.post("1m", firing("Busy").with("pod", "one more"))
	require.Len(t, w.store.records["sim:web"].Parts, len(w.state().alerts.shards))
	w.crash()
	require.Equal(t, 101, w.state().firing("busy"))
}

func TestParts_WhatIsRefused(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.send(crowdOf(100, false)[0])
	whole := w.store.records["sim:web"]
	for want, spoil := range map[string]func([]Part) []Part{
		"it has 16 parts, not 17 to 17":         func(all []Part) []Part { return all[1:] },
		"it has 18 parts, not 17 to 17":         func(all []Part) []Part { return append(all, Part{"a17", []byte("{}")}) },
		"it has no part a0":                     func(all []Part) []Part { all[0].Name = "a00"; return all },
		"part a0: unexpected end of JSON input": func(all []Part) []Part { all[0].Data = []byte("{"); return all },
		"is not of part a":                      func(all []Part) []Part { all[0].Data, all[1].Data = all[1].Data, all[0].Data; return all },
	} {
		r := whole
		r.Parts = spoil(slices.Clone(whole.Parts))
		_, err := RestoreCycle(r, CycleOptions{})
		require.ErrorContains(t, err, "sim:web: what is stored is no state of a ref: ")
		require.ErrorContains(t, err, want)
	}
	require.True(t, strings.HasPrefix(whole.Parts[0].Name, "a"))
}

// What may have been stored, or not, is stored again by what is there.
func TestParts_AWriteOfUnknownOutcomeLosesNone(t *testing.T) {
	for _, how := range []storing{writeLost, savedUnheard} {
		w := newWorld(t, busyIdle, 3)
		w.send(crowdOf(100, false)[0])
		w.until("1m")
		w.store.fails(how)
		w.post("2m", firing("Busy").with("pod", "one more"), in("other")).verdict(Failed)
		w.until("5m")
		w.crash()
		require.Equal(t, 101, w.state().firing("busy"))
	}
}

// A clock that is set back does not make what a group said last for ever.
func TestParts_AGroupHeardInTheFutureCountsAsNow(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	e := crowdOf(20, false)[0]
	w.send(e)
	w.until("10h").send(e)
	w.until("10h2m")
	w.clock("1h")
	w.until("1h1m")
	require.False(t, w.state().group(e.Group()).heard.After(w.now))
	w.until("12h58m")
	require.Equal(t, 20, w.state().firing("busy"))
	w.until("13h1m")
	require.Zero(t, w.state().firing("busy"))
}

// An old resolve of an alert that fires leaves it in its group, and says nothing of its firing.
func TestParts_AnOldResolveIsNoWordOfFiring(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("1h", firing("Busy").since("1h"), firing("Busy").with("pod", "b"))
	for _, when := range []string{"5h", "9h", "12h30m"} {
		w.post(when, resolved("Busy", "30m"), firing("Busy").with("pod", "b"))
	}
	w.until("13h1m")
	require.Equal(t, Suspended, w.state().known(fp(firing("Busy"))).Phase)
	require.Equal(t, Firing, w.state().known(fp(firing("Busy").with("pod", "b"))).Phase)
	require.WithinDuration(t, at("1h"), w.state().known(fp(firing("Busy"))).LastAt, time.Second)
}

// TestProperty_WhatIsStoredInPartsIsReadAsItWas changes a state and stores what has changed, again and again.
func TestProperty_WhatIsStoredInPartsIsReadAsItWas(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		store := newShelf()
		s, base := RefState{Target: "web", Last: &LastChange{}}.clone(), (*storedParts)(nil)
		for range rapid.IntRange(1, 8).Draw(r, "saves") {
			for range rapid.IntRange(0, 60).Draw(r, "changes") {
				fp := fmt.Sprint(rapid.IntRange(0, 120).Draw(r, "fingerprint"))
				switch rapid.IntRange(0, 5).Draw(r, "change") {
				case 0, 1:
					s.dropAlert(fp)
				case 2:
					for _, g := range s.groupIDs() {
						s.hearGroup(g, anyTime(r, "heard"))
					}
				default:
					s.putAlert(fp, AlertState{Phase: Firing, At: anyTime(r, "at"), Groups: some(r, "groups", func(r *rapid.T, _ string) Membership {
						return Membership{Group: rules.GroupID(rapid.IntRange(0, 60).Draw(r, "group"))}
					})})
				}
			}
			rec, next, err := encodeState(shopWebRef, &s, base)
			require.NoError(r, err)
			if rapid.IntRange(0, 3).Draw(r, "is lost") == 0 {
				continue
			}
			store.write(rec)
			base = next
			_, again, parts, err := decodeState(store.records[rec.Ref])
			require.NoError(r, err)
			require.Equal(r, s.plain(), again.plain())
			again.counted(r)
			none, _, err := encodeState(shopWebRef, &again, parts)
			require.NoError(r, err)
			require.Empty(r, none.Parts, "what was read is what is stored")
			if rapid.Bool().Draw(r, "restart") {
				s, base = again, parts
			}
		}
	})
}

// A group is not forgotten, with when it was heard, while the only alert that it tells of changes.
func TestGroups_AreNotForgottenInBetween(t *testing.T) {
	in := func(left string) AlertState {
		return AlertState{Phase: Firing, At: epoch, Groups: []Membership{{Group: 7, LeftOutAt: at(left)}}}
	}
	s := RefState{}.with(map[string]AlertState{"a": in("0s")})
	s.hearGroup(7, at("1m"))
	s.putAlert("a", in("2m"))
	require.Equal(t, at("1m"), s.group(7).heard)
	s.dropAlert("a")
	require.Zero(t, s.group(7))
}
