package upgrade

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/rules/engine"
)

// at does what is to be done until a command of an operation, and answers that with a reply.
func (w *world) at(op Op, r Reply) {
	for {
		c := w.m.Next(w.now)
		switch c.Op {
		case Sleep:
			w.now = c.Until
		case op:
			w.said = append(w.said, w.m.Done(c, r, w.now)...)
			return
		default:
			w.said = append(w.said, w.m.Done(c, w.do(c), w.now)...)
		}
	}
}

// TestFailures: what passes is tried again, what does not is not, and a push that is told again is tried at once.
func TestFailures(t *testing.T) {
	w := newWorld(t, named())
	w.apps["web"] = newApp("acme/web:1")
	w.push(pushOf("2", digestA))
	w.at(Save, Reply{Outcome: engine.Unavailable, Text: "the disk is full"})
	require.False(t, w.m.Waiting())
	require.Equal(t, []string{"it cannot be stored: the disk is full"}, w.said[0].Why)
	w.at(Read, Reply{Outcome: engine.Unavailable, Text: "no answer"})
	w.at(Read, Reply{Outcome: engine.Unavailable, Text: "no answer"})
	require.Equal(t, []string{" failed", "web failed"}, w.verdicts())
	w.at(Apply, Reply{Outcome: engine.Throttled, Text: "slowly", After: time.Minute})
	started := w.now
	w.at(Apply, Reply{Outcome: engine.Unavailable, Text: "no answer"})
	require.GreaterOrEqual(t, w.now.Sub(started), time.Minute)
	require.Equal(t, []string{"web failed", "web failed"}, w.verdicts())
	w.push(pushOf("2", digestA))
	require.True(t, w.m.Waiting())
	started = w.now
	ran(t, w)
	require.Equal(t, started, w.now)
	require.Equal(t, []string{"web upgraded"}, w.verdicts())

	w.push(pushOf("3", digestA))
	w.at(Apply, Reply{Outcome: engine.Refused, Text: "forbidden"})
	ran(t, w)
	require.Equal(t, []string{"web rejected"}, w.verdicts())
	w.push(pushOf("3", digestA))
	for range 3 {
		w.at(Apply, Reply{Outcome: engine.Conflicted, Text: "changed meanwhile"})
	}
	require.Equal(t, []string{"web failed"}, w.verdicts(), "three times at once, then by and by")
	ran(t, w)
	require.Equal(t, []string{"web upgraded"}, w.verdicts())
}

// TestAnAPIThatIsGone: what does not answer for a day is given up.
func TestAnAPIThatIsGone(t *testing.T) {
	for _, dead := range []Op{Find, Read, Apply, Finish} {
		w := newWorld(t, selected())
		w.apps["web"] = newApp("acme/web:1")
		w.apps["web"].Finishes = true
		w.push(pushOf("2", digestA))
		for range 20_000 {
			c := w.m.Next(w.now)
			if c.Op == Sleep && c.Until.IsZero() {
				break
			}
			switch c.Op {
			case Sleep:
				w.now = c.Until
				if a := w.apps["web"]; a.Phase == UnderWay {
					a.Phase = Upgraded
				}
			case dead:
				w.said = append(w.said, w.m.Done(c, Reply{Outcome: engine.Unavailable, Text: "no answer"}, w.now)...)
			default:
				w.said = append(w.said, w.m.Done(c, w.do(c), w.now)...)
			}
		}
		require.True(t, w.m.Rests(), dead)
		require.WithinDuration(t, noon.Add(24*time.Hour), w.now, time.Minute, dead)
		last := w.said[len(w.said)-1]
		require.Equal(t, engine.Rejected, last.Verdict, dead)
		require.Contains(t, strings.Join(last.Why, "; "), "no answer", dead)
	}
}
