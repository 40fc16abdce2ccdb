package ruletest

import (
	"fmt"
	"slices"
	"strings"

	"alertscale/adapter/cli/internal/decisions"
)

// miss is an expectation that was not met.
type miss struct {
	*want
	got    string
	around []decision  // before, at and after the time
	stray  []unmatched // alerts that no rule matches, up to the time
}

// judge returns the expectations that a timeline does not meet.
func (l *timeline) judge() (misses []*miss) {
	for _, w := range l.wants {
		if got, met := l.meets(w); !met {
			misses = append(misses, &miss{want: w, got: got, around: l.around(w), stray: l.strayUntil(w)})
		}
	}
	return misses
}

// meets reports whether an expectation is met, and what there is.
func (l *timeline) meets(w *want) (got string, met bool) {
	var parts []string
	met = true
	if w.decides() {
		decided := false
		for _, d := range l.decisions {
			if d.at == w.at && w.is(&d) {
				decided = decided || w.asExpected(&d)
				parts = append(parts, decisions.Outline(&d.Decision))
			}
		}
		if len(parts) == 0 {
			parts = append(parts, "no decision")
		}
		met = decided != (w.verdict == noDecision)
	}
	if w.count != nil {
		n, known := l.countAt(w.ref, w.at)
		met = met && known && n == *w.count
		text := "no count"
		if known {
			text = fmt.Sprintf("count %d", n)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", "), met
}

// is reports whether a decision is of the ref, or the target, that is meant.
func (w *want) is(d *decision) bool {
	if w.ref != "" {
		return d.Ref == w.ref
	}
	return d.Target == w.target
}

// asExpected reports whether a decision is the one that is expected, or, with noDecision, one that is not to be there.
func (w *want) asExpected(d *decision) bool {
	return (w.verdict == "" || w.verdict == noDecision || w.verdict == string(d.Verdict)) && (w.rule == "" || w.rule == d.Rule) &&
		(w.why == "" || slices.ContainsFunc(d.Why, func(line string) bool { return strings.Contains(line, w.why) }))
}

// How many decisions are shown around a miss.
const (
	shownBefore = 2
	shownAfter  = 1
)

// around are the decisions that are shown of a miss.
func (l *timeline) around(w *want) (shown []decision) {
	var before, after []decision
	for _, d := range l.decisions {
		switch {
		case !w.is(&d):
		case d.at < w.at:
			before = append(before, d)
		case d.at == w.at:
			shown = append(shown, d)
		default:
			after = append(after, d)
		}
	}
	before = before[max(0, len(before)-shownBefore):]
	return slices.Concat(before, shown, after[:min(len(after), shownAfter)])
}

// strayUntil are the alerts that no rule matches, up to the time of an expectation; each once.
func (l *timeline) strayUntil(w *want) (all []unmatched) {
	known := map[string]bool{}
	for _, u := range l.unmatched {
		if text := u.labels.String(); u.at <= w.at && !known[text] {
			known[text] = true
			all = append(all, u)
		}
	}
	return all
}
