package replay

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"alertscale/adapter/cli/internal/decisions"
	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// stamp is how times are written.
const stamp = "2006-01-02 15:04:05"

// writeText writes what came of a replay, for people: of each ref its count over time, and its decisions; beside another
// outcome, what differs between the two.
func writeText(w io.Writer, o, against *outcome) {
	fmt.Fprintf(w, "%s to %s UTC, on %s\n", o.begin.UTC().Format(stamp), o.end.UTC().Format(stamp), o.path)
	fmt.Fprintf(w, "%s: %s, %s, %s that no rule matches\n", number(o.notifications, "notification"), number(len(o.decisions), "decision"),
		number(o.duplicates, "repeat"), number(o.unmatched, "alert"))
	if against == nil {
		for _, ref := range refsOf(o) {
			fmt.Fprintln(w)
			o.refText(w, ref)
		}
		return
	}
	fmt.Fprintf(w, "against %s: %s, %s\n", against.path, number(len(against.decisions), "decision"), number(against.duplicates, "repeat"))
	byRef := map[string][]difference{}
	for _, d := range differences(o, against) {
		byRef[d.Ref] = append(byRef[d.Ref], d)
	}
	for _, ref := range refsOf(o, against) {
		fmt.Fprintln(w)
		differencesText(w, o, against, ref, byRef[ref])
	}
}

// refsOf lists the refs of which anything is to be told; the empty one is of decisions that came to none.
func refsOf(all ...*outcome) []string {
	refs := map[string]bool{}
	for _, o := range all {
		for ref := range o.counts {
			refs[ref] = true
		}
		for i := range o.decisions {
			refs[o.decisions[i].Ref] = true
		}
	}
	return slices.Sorted(maps.Keys(refs))
}

// refText writes the count of a ref over time, and its decisions.
func (o *outcome) refText(w io.Writer, ref string) {
	fmt.Fprintln(w, heading(ref))
	o.plot(w, o.counts[ref])
	for _, r := range rows(o.of(ref)) {
		fmt.Fprintln(w, r)
	}
}

func heading(ref string) string {
	if ref == "" {
		return "(alerts that name no workload)"
	}
	return ref
}

// of returns the decisions of a ref.
func (o *outcome) of(ref string) []controller.DecisionRecord {
	if o.parted == nil {
		o.parted = map[string][]controller.DecisionRecord{}
		for i := range o.decisions {
			d := &o.decisions[i]
			o.parted[d.Ref] = append(o.parted[d.Ref], *d)
		}
	}
	return o.parted[ref]
}

// rows writes decisions as a table. Of those in a row that say the same the first is written, with how many there are.
func rows(all []controller.DecisionRecord) (lines []string) {
	width := 0
	for i := range all {
		width = max(width, len([]rune(decisions.Change(&all[i].Decision))))
	}
	for i := 0; i < len(all); {
		n := 1
		for i+n < len(all) && sameRow(&all[i], &all[i+n]) {
			n++
		}
		lines = append(lines, row(&all[i], width)+times(n, all[i+n-1].At))
		if d := &all[i]; (d.Verdict == engine.Rejected || d.Verdict == engine.Failed) && len(d.Why) > 0 {
			for _, reason := range decisions.Reasons(&d.Decision)[len(d.Why)-1:] {
				lines = append(lines, "    "+reason)
			}
		}
		i += n
	}
	return lines
}

func row(d *controller.DecisionRecord, width int) string {
	change := decisions.Change(&d.Decision)
	return fmt.Sprintf("  %s  %-11s  %s%*s  %s", d.At.UTC().Format(stamp), d.Verdict, change, width-len([]rune(change)), "", d.Rule)
}

func times(n int, last time.Time) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf("  (%d times, until %s)", n, last.UTC().Format(time.TimeOnly))
}

// sameRow reports whether two decisions say the same of a count that stays.
func sameRow(a, b *controller.DecisionRecord) bool {
	return a.Rule == b.Rule && a.Verdict == b.Verdict && decisions.Change(&a.Decision) == decisions.Change(&b.Decision) &&
		(a.From == nil || *a.From == *a.To)
}

func number(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
