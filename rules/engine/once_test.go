package engine

import (
	"slices"
	"testing"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// onTheWay is a notification that was sent.
type onTheWay struct {
	at time.Time
	e  *rules.Event
}

// TestProperty_EachEpisodeIsOneStep goes through episodes that are told by two senders, one of which lags
// and loses, with crashes and changes of unknown outcome: each episode is exactly one step.
func TestProperty_EachEpisodeIsOneStep(t *testing.T) {
	file := "targets: {web: {driver: sim, name: web, max: 1000}}\nrules:\n" + rule("busy", "Busy", "up: 1")
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(r, file, 3)
		episodes, all, end := episodesOf(r)
		for _, n := range all {
			w.untilTime(n.at)
			if len(w.next) < 4 && rapid.IntRange(0, 3).Draw(r, "befalls") == 0 {
				w.fails(mishap(rapid.IntRange(int(fine), int(busy)).Draw(r, "mishap")))
			}
			if rapid.IntRange(0, 9).Draw(r, "crashes") == 0 {
				w.crash()
			}
			w.send(n.e)
		}
		w.next = nil
		w.untilTime(end.Add(10 * time.Minute))
		require.Equalf(r, 3+episodes, w.only().count, "%v", w.only().changes)
		require.Len(r, w.only().changes, episodes)
	})
}

// episodesOf draws some episodes, and what is told of them, in order; end is after the last.
func episodesOf(r *rapid.T) (n int, all []onTheWay, end time.Time) {
	n, end = rapid.IntRange(1, 6).Draw(r, "episodes"), epoch
	for range n {
		start := end
		end = start.Add(time.Duration(rapid.IntRange(180, 1800).Draw(r, "lasts")) * time.Second)
		all = append(all, tellings(r, start, end)...)
		end = end.Add(time.Duration(rapid.IntRange(120, 1800).Draw(r, "pause")) * time.Second)
	}
	slices.SortStableFunc(all, func(a, b onTheWay) int { return a.at.Compare(b.at) })
	return n, all, end
}

// tellings are the notifications of an episode: of one sender when something is so, and every now and then;
// of the other one up to a minute later, if at all.
func tellings(r *rapid.T, start, end time.Time) []onTheWay {
	busy := func(resolved bool) *rules.Event {
		e := &rules.Event{Receiver: "alertscale", GroupKey: "g"}
		s := firing("Busy")
		s.StartsAt = start
		if resolved {
			s.Resolved, s.EndsAt = true, end
		}
		s.add(e)
		return e
	}
	all := []onTheWay{{start, busy(false)}}
	for range rapid.IntRange(0, 4).Draw(r, "repeats") {
		at := start.Add(time.Duration(rapid.IntRange(0, int(end.Sub(start)/time.Second)).Draw(r, "at")) * time.Second)
		all = append(all, onTheWay{at, busy(false)})
	}
	if rapid.IntRange(0, 4).Draw(r, "resolves") > 0 {
		all = append(all, onTheWay{end, busy(true)})
	}
	for _, n := range slices.Clone(all) {
		if rapid.Bool().Draw(r, "other") {
			late := time.Duration(rapid.IntRange(0, 60).Draw(r, "late")) * time.Second
			all = append(all, onTheWay{n.at.Add(late), n.e})
		}
	}
	return all
}
