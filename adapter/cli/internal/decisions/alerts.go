package decisions

import (
	"fmt"
	"slices"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// Reasons are the lines of why of a decision, and then the alerts that it came from: of each after the first the labels that
// are others, where its labels have the same names.
func Reasons(d *engine.Decision) []string {
	lines := slices.Clone(d.Why)
	for i, a := range d.Alerts {
		word, labels := "for", a.Labels
		if i > 0 {
			word, labels = "and", differing(a.Labels, d.Alerts[0].Labels)
		}
		text := word + " " + labels.String()
		if a.Fingerprint != "" {
			text += " fingerprint=" + a.Fingerprint
		}
		lines = append(lines, engine.Clip(text))
	}
	if d.More > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", d.More))
	}
	return lines
}

// differing returns the labels that have another value in the other ones; all, where the names are not the same or no value
// differs.
func differing(ls, other rules.Labels) (all rules.Labels) {
	if len(ls) != len(other) {
		return ls
	}
	for i, l := range ls { // both are sorted
		if l.Name != other[i].Name {
			return ls
		}
		if l.Value != other[i].Value {
			all = append(all, l)
		}
	}
	if len(all) == 0 {
		return ls
	}
	return all
}
