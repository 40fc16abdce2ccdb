package upgrade

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"alertscale/rules/engine"
)

// story is a random course of pushes, failures and crashes.
type story struct {
	*world
	r      *rapid.T
	late   []func() // changes that were given up, and are on their way
	posted []Push
}

// TestProperty: with crashes between any two calls, answers that are lost, and changes that land late, each push is applied at
// most once to each workload, the last one is not lost, and what was begun is finished.
func TestProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		u := named()
		if rapid.Bool().Draw(r, "selector") {
			u = selected()
		}
		u.TagsOnly = rapid.Bool().Draw(r, "tags only")
		s := &story{world: newWorld(r, u), r: r}
		for i := range rapid.IntRange(1, 3).Draw(r, "workloads") {
			a := newApp("acme/web:0", "nginx:1")
			a.Finishes = rapid.Bool().Draw(r, "finishes")
			s.apps[[]string{"web", "b", "c"}[i]] = a
		}
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			s.event()
		}
		s.end()
	})
}

// event is one thing that happens.
func (s *story) event() {
	switch rapid.IntRange(0, 9).Draw(s.r, "what") {
	case 0:
		s.post()
	case 1:
		s.crash()
	case 2:
		s.progress()
	case 3:
		s.land()
	default:
		s.command()
	}
}

// post sends a push, which may be one that was sent before.
func (s *story) post() {
	digest := ""
	if n := len(s.posted); rapid.Bool().Draw(s.r, "digest") {
		digest = "sha256:" + strings.Repeat(fmt.Sprintf("%x", n%16), 64)
	}
	p := pushOf(fmt.Sprint(len(s.posted)+1), digest)
	if digest == "" && rapid.Bool().Draw(s.r, "moving tag") {
		p.Tag = "latest" // pushed at another time than the one before
	}
	if digest == "" && rapid.Bool().Draw(s.r, "no mark") {
		p.Mark = "" // each POST is a push
	}
	if n := len(s.posted); n > 0 && s.posted[n-1].Same(s.posted[n-1]) && rapid.Bool().Draw(s.r, "again") {
		p = s.posted[len(s.posted)-1]
	} else {
		s.posted = append(s.posted, p)
	}
	s.push(p)
}

// command carries out one command, with a fault.
func (s *story) command() {
	c := s.m.Next(s.now)
	if c.Op == Sleep {
		s.now = s.now.Add(rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, time.Minute}).Draw(s.r, "time"))
		return
	}
	switch rapid.IntRange(0, 7).Draw(s.r, "fault") {
	case 0: // it is lost on its way, or nobody knows
		s.m.Done(c, Reply{Outcome: engine.Unavailable, Text: "no answer"}, s.now)
	case 1: // it is done, and its answer is lost
		s.do(c)
		s.m.Done(c, Reply{Outcome: engine.Unavailable, Text: "no answer"}, s.now)
	case 2:
		s.do(c)
		s.crash()
	case 3: // it is done later
		if c.Op != Apply {
			s.plainly(c)
			return
		}
		s.intended(c)
		s.late = append(s.late, func() { s.apps[c.Ref.Name].apply(c.Change) })
		s.m.Done(c, Reply{Outcome: engine.Unavailable, Text: "no answer"}, s.now)
	case 4:
		s.m.Done(c, Reply{Outcome: engine.Throttled, Text: "slowly", After: time.Second}, s.now)
	default:
		s.plainly(c)
	}
}

func (s *story) plainly(c Command) {
	s.m.Done(c, s.do(c), s.now)
}

// progress lets upgrades that are under way get on.
func (s *story) progress() {
	for _, a := range s.apps {
		if a.Phase == UnderWay {
			a.Phase = Upgraded
		}
	}
}

// land carries out what was on its way.
func (s *story) land() {
	for _, change := range s.late {
		change()
	}
	s.late = nil
}

// end lets all come to its end, without faults, and checks what came of it.
func (s *story) end() {
	if rapid.Bool().Draw(s.r, "the last crash") {
		s.crash()
	}
	s.land()
	if len(s.posted) > 0 { // whoever was not answered sends again
		last := s.posted[len(s.posted)-1]
		if !last.Same(last) {
			s.posted = append(s.posted, last)
		}
		s.push(last)
	}
	for range 1000 {
		s.progress()
		if !s.step() {
			break
		}
	}
	require.True(s.r, s.m.Rests(), "%s", s.m.state.encode("web"))
	require.Empty(s.r, s.late)
	for name, a := range s.apps {
		require.Equal(s.r, Idle, a.Phase, "what was begun is finished")
		require.Equal(s.r, "nginx:1", a.Containers[1].Image)
		left := map[string]int{} // how often each image was pushed
		last := "acme/web:0"
		for _, p := range s.posted {
			i, err := ParseImage("acme/web")
			require.NoError(s.r, err)
			last = i.With(p, s.upgrade.TagsOnly).String()
			left[last]++
		}
		for _, image := range a.begun {
			left[image]--
			require.GreaterOrEqual(s.r, left[image], 0, "%s got %v", name, a.begun)
		}
		if _, one := s.upgrade.Ref(); len(s.posted) > 0 && (!one || name == "web") {
			require.Equal(s.r, last, a.Containers[0].Image)
			require.Equal(s.r, last, a.begun[len(a.begun)-1])
		}
	}
}
