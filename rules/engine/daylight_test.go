package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// In Berlin the clocks went from 02:00 to 03:00 on 29 March 2026, at 01:00 UTC, and from 03:00 to 02:00 on 25 October, at
// 01:00 UTC too; in New York from 02:00 to 03:00 on 8 March, at 07:00 UTC.
var (
	forward = time.Date(2026, time.March, 29, 0, 0, 0, 0, time.UTC)
	back25  = time.Date(2026, time.October, 25, 0, 0, 0, 0, time.UTC)
	newYork = time.Date(2026, time.March, 8, 0, 0, 0, 0, time.UTC)
)

// between is a file with a rule that acts within a time of a place alone, or outside of it.
func between(start, end, location, key string) string {
	return "alert_ttl: 48h\ntime_intervals:\n  - {name: then, time_intervals: [{times: [{start_time: '" + start + "', end_time: '" + end + "'}], location: " + location + "}]}\n" +
		web + rule("busy", "Busy", "up: 1, repeat: 10m, cooldown: 0s, "+key+": [then]")
}

// TestDaylight_ClocksAreChangedWithinAnInterval has a rule step every ten minutes while it may, on a day on which the clocks
// of its place are changed.
func TestDaylight_ClocksAreChangedWithinAnInterval(t *testing.T) {
	for _, c := range []struct {
		name                 string
		start, end, location string
		day                  time.Time
		first, last          string // steps, from midnight UTC
		steps                int
	}{
		{"an hour less", "01:30", "03:30", "Europe/Berlin", forward, "30m", "1h20m", 6},
		{"an hour more", "01:30", "03:30", "Europe/Berlin", back25.Add(-time.Hour), "30m", "3h20m", 18},
		{"it begins in what there is not", "02:30", "03:30", "Europe/Berlin", forward, "1h", "1h20m", 3},
		{"it ends in what there is not", "01:30", "02:30", "Europe/Berlin", forward, "30m", "50m", 3},
		{"there is none of it", "02:10", "02:50", "Europe/Berlin", forward, "", "", 0},
		{"it is there twice", "02:10", "02:50", "Europe/Berlin", back25, "10m", "1h40m", 8},
		{"it is another place", "02:10", "02:50", "America/New_York", forward, "6h10m", "6h40m", 4},
		{"there is none of it in New York", "02:10", "02:50", "America/New_York", newYork, "", "", 0},
		{"it is UTC", "02:10", "02:50", "UTC", forward, "2h10m", "2h40m", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, between(c.start, c.end, c.location, "active_time_intervals"), 2)
			w.untilTime(c.day)
			a := firing("Busy")
			a.StartsAt = c.day
			w.send(telling(a)).verdict(Muted)
			w.untilTime(c.day.Add(12 * time.Hour))
			all := w.only().changes
			require.Len(t, all, c.steps)
			if c.steps > 0 {
				require.Equal(t, []string{c.first, c.last}, []string{since(c.day, all[0].at), since(c.day, all[c.steps-1].at)})
			}
			require.Less(t, len(w.only().reads), c.steps+4, "nothing is read while it is mute")
		})
	}
}

func since(day, at time.Time) string {
	text := at.Sub(day).String()
	if text = strings.TrimSuffix(text, "0s"); strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// A call that is muted over the change of the clocks is served when the interval ends by the clocks of its place.
func TestDaylight_AMutedCallIsServedAtTheEndOfItsInterval(t *testing.T) {
	for _, c := range []struct {
		day  time.Time
		ends time.Duration // from midnight UTC
	}{
		{forward.AddDate(0, 0, -1), 7 * time.Hour}, {forward, 6 * time.Hour}, {forward.AddDate(0, 0, 1), 6 * time.Hour},
		{back25.AddDate(0, 0, -1), 6 * time.Hour}, {back25, 7 * time.Hour}, {back25.AddDate(0, 0, 1), 7 * time.Hour},
	} {
		for _, crash := range []bool{false, true} {
			w := newWorld(t, between("00:00", "08:00", "Europe/Berlin", "mute_time_intervals"), 2)
			a := firing("Busy")
			a.StartsAt = c.day
			w.untilTime(c.day)
			w.send(telling(a)).verdict(Muted)
			if crash {
				w.crash()
			}
			w.untilTime(c.day.Add(c.ends - time.Second)).has(2)
			w.untilTime(c.day.Add(c.ends)).has(3)
		}
	}
}

// A hold ends with its interval too.
func TestDaylight_AHoldIsMuteOutsideOfItsInterval(t *testing.T) {
	text := strings.Replace(between("01:30", "03:30", "Europe/Berlin", "active_time_intervals"), "up: 1, repeat: 10m, cooldown: 0s", "hold: up", 1) +
		rule("more", "More", "up: 1")
	for day, ends := range map[time.Time]time.Duration{forward: 90 * time.Minute, back25: 150 * time.Minute} {
		w := newWorld(t, text, 2)
		w.untilTime(day.Add(45 * time.Minute))
		hold, more := firing("Busy"), firing("More")
		hold.StartsAt, more.StartsAt = w.now, w.now
		w.send(telling(hold, in("h")))
		w.send(telling(more)).verdict(Held)
		w.untilTime(day.Add(ends - time.Second)).has(2)
		w.untilTime(day.Add(ends)).has(3)
	}
}
