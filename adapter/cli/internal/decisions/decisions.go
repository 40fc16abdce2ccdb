// Package decisions writes decisions for people.
package decisions

import (
	"fmt"

	"alertscale/rules/engine"
)

// Outline says in short what was decided: scaled 3 → 5 by "web is busy".
func Outline(d *engine.Decision) string {
	text := string(d.Verdict)
	if change := Change(d); change != "" {
		text += " " + change
	}
	if d.Rule == "" {
		return text
	}
	return fmt.Sprintf("%s by %q", text, d.Rule)
}

// Change says from which count to which: 3 → 5, or 5 where nothing changes; empty where no count is known.
func Change(d *engine.Decision) string {
	switch {
	case d.From == nil || d.To == nil:
		return ""
	case *d.From == *d.To:
		return fmt.Sprint(*d.To)
	default:
		return fmt.Sprintf("%d → %d", *d.From, *d.To)
	}
}
