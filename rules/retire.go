package rules

import "time"

// Advance lets time pass for a ref of t, and the file be what it is now, where nothing is heard and no
// count is needed. It tells whether there is something to store.
func Advance(t *Target, mem Memory, now time.Time) (Memory, bool) {
	next := mem.clone()
	changed := next.advance(t, now)
	return next, changed
}

// Retire lets time pass for a ref that no target of the file covers any more. Its episodes end, not by a
// resolve; what was heard is kept for as long as it would be otherwise, so that a target that comes back
// does not act on what it knew. It returns when to come back, zero for never.
func Retire(set *Set, mem Memory, now time.Time) (Memory, time.Time) {
	gone := &Target{Name: mem.Target, set: &Set{AlertTTL: set.AlertTTL, longest: set.longest}}
	next := mem.clone()
	next.advance(gone, now)
	wake := next.Upkeep(gone, now)
	if next.Intent != nil {
		wake = soonest(wake, next.Intent.At.Add(2*set.AlertTTL))
	}
	return next, wake
}
