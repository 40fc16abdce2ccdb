package replay

import (
	"fmt"
	"io"
	"slices"

	"alertscale/adapter/controller"
)

// difference is a decision that only one of two files comes to.
type difference struct {
	Only string `json:"only"` // the file
	controller.DecisionRecord
}

// same is what two decisions have alike that do not differ.
type same struct {
	second    int64
	ref, rule string
	verdict   string
	from, to  int
	known     bool
}

func sameAs(d *controller.DecisionRecord) same {
	s := same{second: d.At.Unix(), ref: d.Ref, rule: d.Rule, verdict: string(d.Verdict)}
	if d.From != nil && d.To != nil {
		s.from, s.to, s.known = *d.From, *d.To, true
	}
	return s
}

// differences are the decisions that only one of two outcomes has, in the order of time.
func differences(o, against *outcome) []difference {
	all := append(o.beyond(against), against.beyond(o)...)
	slices.SortStableFunc(all, func(a, b difference) int { return a.At.Compare(b.At) })
	return all
}

// beyond are the decisions that another outcome has not.
func (o *outcome) beyond(other *outcome) []difference {
	there := map[same]int{}
	for i := range other.decisions {
		there[sameAs(&other.decisions[i])]++
	}
	all := []difference{}
	for i := range o.decisions {
		key := sameAs(&o.decisions[i])
		if there[key]--; there[key] < 0 {
			all = append(all, difference{o.path, o.decisions[i]})
		}
	}
	return all
}

// differencesText writes of a ref what differs between two outcomes: - is what only the first file decides.
func differencesText(w io.Writer, o, against *outcome, ref string, all []difference) {
	fmt.Fprintln(w, heading(ref))
	sameCounts := slices.Equal(o.counts[ref], against.counts[ref])
	switch {
	case sameCounts && len(all) == 0:
		fmt.Fprintln(w, "  no difference")
	case sameCounts && ref != "":
		fmt.Fprintln(w, "  the same count at any time")
	case ref != "":
		for _, one := range []*outcome{o, against} {
			fmt.Fprintf(w, "  %s: %s\n", one.path, one.amount(ref))
			one.plot(w, one.counts[ref])
		}
	}
	for i := range all {
		sign := "+"
		if all[i].Only == o.path {
			sign = "-"
		}
		fmt.Fprintf(w, "%s%s\n", sign, row(&all[i].DecisionRecord, 7)[1:])
	}
}

// amount says how much a ref had over the time.
func (o *outcome) amount(ref string) string {
	points := o.counts[ref]
	if len(points) == 0 {
		return "no count is known"
	}
	sum := 0.0
	for i, p := range points {
		end := o.end
		if i+1 < len(points) {
			end = points[i+1].At
		}
		sum += float64(p.Count) * end.Sub(p.At).Hours()
	}
	return fmt.Sprintf("%.1f replica hours, %d at the end", sum, points[len(points)-1].Count)
}
