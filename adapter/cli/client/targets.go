package client

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"alertscale/adapter/controller"
)

const targetsPath = "/api/v1/targets"

// Targets prints what is known of each ref.
func Targets(ctx context.Context, o Options) error {
	c, err := o.connect()
	if err != nil {
		return err
	}
	all, raw, err := list[controller.TargetStatus](ctx, c, targetsPath, nil)
	if err != nil {
		return err
	}
	switch o.Output {
	case JSON:
		return printJSON(o.Out, raw)
	case Extended:
		entries := make([]entry, len(all))
		for i := range all {
			entries[i] = targetEntry(&all[i], o.Now())
		}
		printEntries(o.Out, entries)
	default:
		targetTable(all, o.Now()).write(o.Out)
	}
	return nil
}

func targetTable(all []controller.TargetStatus, now time.Time) *table {
	t := &table{heads: []string{"REF", "COUNT", "BOUNDS", "CHANGED", "STATE"}, numbers: []string{"COUNT"}}
	for i := range all {
		s := &all[i]
		changed := none
		if s.LastChange != nil {
			changed = age(*s.LastChange, now)
		}
		t.add(s.Ref, number(s.Count), fmt.Sprintf("%d-%d", s.Min, s.Max), changed, states(s))
	}
	return t
}

// states says in words what is up with a ref, the reasons why nothing happens first.
func states(s *controller.TargetStatus) string {
	var words []string
	for _, state := range []struct {
		word string
		is   bool
	}{
		{"paused", s.Paused},
		{"disabled", s.Disabled},
		{"left alone", s.LeftAlone},
		{"unready", s.Ready != nil && !*s.Ready},
		{"cooldown", s.Cooldown.Up != nil || s.Cooldown.Down != nil},
		{"active", len(s.Active) > 0},
	} {
		if state.is {
			words = append(words, state.word)
		}
	}
	if len(words) == 0 {
		return none
	}
	return strings.Join(words, ",")
}

func targetEntry(s *controller.TargetStatus, now time.Time) entry {
	e := entry{title: s.Ref}
	e.field("target", s.Target)
	e.field("count", countLine(s))
	if s.LastChange != nil {
		e.field("changed", fmt.Sprintf("%s, %s ago", stamp(*s.LastChange), age(*s.LastChange, now)))
	}
	var active []string
	for _, a := range s.Active {
		active = append(active, fmt.Sprintf("%s: %s, since %s", a.Rule, count(a.Alerts, "alert"), stamp(a.Since)))
	}
	e.field("active", active...)
	e.field("cooldown", cooldownLines(&s.Cooldown)...)
	e.field("paused", pauseLines(s)...)
	return e
}

// countLine says where a count is between its bounds.
func countLine(s *controller.TargetStatus) string {
	text := "not read so far"
	if s.Count != nil {
		text = strconv.Itoa(*s.Count)
	}
	text += fmt.Sprintf(", of %d to %d", s.Min, s.Max)
	switch {
	case s.Disabled:
		text += ", disabled: somebody switched it off"
	case s.LeftAlone:
		text += ", left alone: it says no bounds of its own"
	case s.Ready != nil && !*s.Ready:
		text += ", not ready"
	}
	return text
}

func cooldownLines(c *controller.CooldownStatus) (lines []string) {
	if c.Up != nil {
		lines = append(lines, "up until "+stamp(*c.Up))
	}
	if c.Down != nil {
		lines = append(lines, "down until "+stamp(*c.Down))
	}
	return lines
}

// pauseLines says which pauses there are, the file's among them.
func pauseLines(s *controller.TargetStatus) (lines []string) {
	for _, p := range s.Pauses {
		lines = append(lines, fmt.Sprintf("%s until %s", directions(p.Direction), stamp(p.Until)))
	}
	if s.Paused && len(s.Pauses) == 0 {
		lines = append(lines, fmt.Sprintf("by the file (paused: true of target %s)", s.Target))
	}
	return lines
}

// directions writes a direction as the API has it for people.
func directions(d string) string {
	if d == "both" {
		return "up and down"
	}
	return d
}
