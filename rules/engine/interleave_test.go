package engine

import (
	"slices"
	"testing"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// crowded is a world in which commands are out while other things happen: they are done in any order, later, or never,
// since the process ends. Who sent a notification that nobody answered, or that failed, sends it again.
type crowded struct {
	*world
	r      *rapid.T
	mayEnd int // how often the process may end before it is let live
	unsure []*delivery
}

// delivery is a notification that may have to be sent again.
type delivery struct {
	e *rules.Event
	a *answer
	p []*promise
}

func newCrowded(r *rapid.T, text string, count int) *crowded {
	c := &crowded{world: newWorld(r, text, count), r: r}
	c.async = true
	c.plans = rapid.Bool().Draw(r, "plans")
	c.crash() // so that plans counts
	return c
}

// deliver sends a notification.
func (c *crowded) deliver(e *rules.Event) {
	before := len(c.promise)
	d := &delivery{e: e, a: c.send(e)}
	if len(c.promise) > before {
		d.p = slices.Clone(c.promise[before:])
	}
	c.unsure = append(c.unsure, d)
}

// lost reports whether the sender of a notification cannot know that it was heard.
func (d *delivery) lost() bool {
	all := d.a.all
	for _, p := range d.p {
		if !p.kept {
			return true
		}
		all = append(all, p.all...)
	}
	return slices.ContainsFunc(all, func(x Decision) bool { return x.Verdict == Failed })
}

// churn lets what is out be done, in any order, with time in between.
func (c *crowded) churn() {
	for len(c.out) > 0 {
		c.untilTime(c.now.Add(rapid.SampledFrom([]time.Duration{0, 0, 100 * time.Millisecond, 3 * time.Second}).Draw(c.r, "takes")))
		if len(c.out) == 0 {
			return
		}
		i := rapid.IntRange(0, len(c.out)-1).Draw(c.r, "first")
		if c.mayEnd > 0 && rapid.IntRange(0, 9).Draw(c.r, "ends") == 0 {
			c.mayEnd--
			c.crashIn, c.lands = 1, rapid.Bool().Draw(c.r, "lands")
		}
		c.complete(c.out[i])
	}
}

// pass lets time pass, and what is given out on the way be done.
func (c *crowded) pass(to time.Time) {
	for {
		c.churn()
		when, do := c.nextThing(to)
		if do == nil {
			c.now = later(c.now, to)
			return
		}
		c.now = later(c.now, when)
		do()
	}
}

// befall prepares mishaps of drivers and of the store.
func (c *crowded) befall(worst mishap) {
	if len(c.next) < 2 && rapid.IntRange(0, 3).Draw(c.r, "befalls") == 0 {
		c.fails(mishap(rapid.IntRange(int(fine), int(worst)).Draw(c.r, "mishap")))
	}
	if len(c.store.next) < 2 && rapid.IntRange(0, 3).Draw(c.r, "store befalls") == 0 {
		c.store.fails(storing(rapid.IntRange(int(stores), int(outrun)).Draw(c.r, "storing")))
	}
}

// insist sends what was not answered, or failed, again until it is, as its sender does.
func (c *crowded) insist() {
	for tries := 0; len(c.unsure) > 0; tries++ {
		require.Less(c.r, tries, 30, "it is never answered")
		c.churn()
		all := c.unsure
		c.unsure = nil
		for _, d := range all {
			if d.lost() {
				c.deliver(d.e)
			}
		}
	}
}

// TestProperty_EachEpisodeIsOneStepInAnyOrder is TestProperty_EachEpisodeIsOneStep where notifications come while
// commands are out, and the process ends between any two of them.
func TestProperty_EachEpisodeIsOneStepInAnyOrder(t *testing.T) {
	file := "targets: {web: {driver: sim, name: web, max: 1000}}\nrules:\n" + rule("busy", "Busy", "up: 1")
	rapid.Check(t, func(r *rapid.T) {
		c := newCrowded(r, file, 3)
		c.only().count = 3
		n, all, end := episodesOf(r)
		for _, e := range all {
			c.pass(e.at)
			c.befall(busy)
			c.mayEnd = 2
			c.deliver(e.e)
			c.insist()
		}
		c.next, c.store.next, c.async = nil, nil, false
		c.untilTime(end.Add(10 * time.Minute))
		require.Equalf(r, 3+n, c.only().count, "%v", c.only().changes)
	})
}

// TestProperty_TwoProcessesThatBothLeadStepOnce lets two processes on one store hear the same, each in its own order.
func TestProperty_TwoProcessesThatBothLeadStepOnce(t *testing.T) {
	file := "targets: {web: {driver: sim, name: web, max: 1000}}\nrules:\n" + rule("busy", "Busy", "up: 1")
	rapid.Check(t, func(r *rapid.T) {
		a := newWorld(r, file, 3)
		both := []*world{a, a.twin(file)}
		n, all, end := episodesOf(r)
		pass := func(to time.Time) {
			for a.now.Before(to) {
				next := a.now.Add(10 * time.Second)
				for _, i := range rapid.SampledFrom([][]int{{0, 1}, {1, 0}}).Draw(r, "first") {
					both[i].untilTime(next)
				}
			}
		}
		for _, e := range all {
			pass(e.at)
			if rapid.IntRange(0, 3).Draw(r, "befalls") == 0 {
				both[rapid.IntRange(0, 1).Draw(r, "whose")].fails(mishap(rapid.IntRange(int(fine), int(busy)).Draw(r, "mishap")))
			}
			for _, i := range rapid.SampledFrom([][]int{{0, 1}, {1, 0}, {0}, {1}, {0, 1, 0}}).Draw(r, "who hears it") {
				both[i].send(e.e)
			}
		}
		a.next, both[1].next = nil, nil
		pass(end.Add(10 * time.Minute))
		require.Equalf(r, 3+n, a.only().count, "%v", a.only().changes)
	})
}

// TestProperty_AnyInterleaving goes through any timeline with commands out, and checks what always holds.
func TestProperty_AnyInterleaving(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := newStory(r)
		s.async = true
		s.plans = rapid.Bool().Draw(r, "plans")
		c := &crowded{world: s.world, r: r}
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			s.step()
			c.befall(partly)
			if rapid.IntRange(0, 2).Draw(r, "churns") > 0 {
				c.mayEnd = 2
				c.churn()
			}
		}
		s.next, s.store.next = nil, nil
		c.churn()
		s.async = false
		s.settle()
	})
}
