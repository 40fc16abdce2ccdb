package client

import (
	"fmt"
	"strconv"
	"time"
)

// none stands in a table where there is nothing.
const none = "-"

// number writes a count, or that it is not known.
func number(n *int) string {
	if n == nil {
		return none
	}
	return strconv.Itoa(*n)
}

// change says from which count to which: 3 → 5, or 5 where nothing changes.
func change(from, to *int) string {
	if from == nil || to == nil || *from == *to {
		return number(from)
	}
	return number(from) + " → " + number(to)
}

// stamp writes a time for a line with room for it. All times are UTC, as in the log.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// shortStamp writes a time for a column: without the year where that is the present one.
func shortStamp(t, now time.Time) string {
	t = t.UTC()
	if t.Year() != now.UTC().Year() {
		return t.Format("2006-01-02 15:04")
	}
	return t.Format("Jan _2 15:04:05")
}

// age says in the largest unit how long ago something was.
func age(t, now time.Time) string {
	const day = 24 * time.Hour
	switch d := max(0, now.Sub(t)); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 2*day:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d/day))
	}
}

// count writes a number of things.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
