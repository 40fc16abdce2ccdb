package replay

import (
	"time"

	"alertscale/adapter/recording"
)

// followed are the counts that were read, each to be seen at the read that it was recorded for. A read was recorded a
// little after what it was made for, so that the next one within readWithin is taken for it; what nobody reads becomes the
// count at its own time.
type followed struct {
	byRef map[string][]*seen
	at    map[*recording.Line]map[string]*seen
}

// seen is a count that was read.
type seen struct {
	at   time.Time
	n    int
	used bool
}

// readWithin is how much later than it would be made here a read may have been recorded.
const readWithin = 2 * time.Second

func newFollowed(lines []recording.Line) *followed {
	f := &followed{byRef: map[string][]*seen{}, at: map[*recording.Line]map[string]*seen{}}
	for i := range lines {
		l := &lines[i]
		if len(l.Counts) > 0 {
			f.at[l] = map[string]*seen{}
		}
		for ref, n := range l.Counts {
			s := &seen{at: l.At, n: n}
			f.at[l][ref] = s
			f.byRef[ref] = append(f.byRef[ref], s)
		}
	}
	return f
}

// read returns the count that was recorded for a read that is made at a time; false: none was.
func (f *followed) read(at time.Time, ref string) (int, bool) {
	all := f.byRef[ref]
	for len(all) > 0 && (all[0].used || all[0].at.Before(at)) {
		all = all[1:]
	}
	f.byRef[ref] = all
	if len(all) == 0 || all[0].at.Sub(at) > readWithin {
		return 0, false
	}
	all[0].used = true
	return all[0].n, true
}

// apply sets the counts of a line that nobody has read.
func (f *followed) apply(l *recording.Line, set func(ref string, n int)) {
	for ref, s := range f.at[l] {
		if !s.used {
			s.used = true
			set(ref, s.n)
		}
	}
}
