package rules

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const offices = `
targets:
  web: {driver: sim, name: web, max: 5}
time_intervals:
  - name: office
    time_intervals:
      - {weekdays: ['monday:friday'], times: [{start_time: '08:00', end_time: '18:00'}], location: Europe/Berlin}
  - name: lunch
    time_intervals: [{times: [{start_time: '12:00', end_time: '13:00'}]}]
  - name: never
    time_intervals: [{years: ['1999']}]
rules:
`

func ruleOf(t tester, rest string) *Rule {
	return newSet(t, offices+rule("a", "A", "up: 1, "+rest)).Rules[0]
}

func when(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04:05", text)
	if err != nil {
		panic(err)
	}
	return at
}

func TestInterval_Muted(t *testing.T) {
	for _, c := range []struct{ rest, at, why, until string }{
		{"dry_run: false", "2026-03-02 12:00:00", "", ""},
		{"active_time_intervals: [office]", "2026-03-02 06:59:59", `outside of its active time intervals: "office"`, "2026-03-02 07:00:00"},
		{"active_time_intervals: [office]", "2026-03-02 07:00:00", "", "2026-03-02 17:00:00"},
		{"active_time_intervals: [office]", "2026-03-02 17:00:00", `outside of its active time intervals: "office"`, "2026-03-03 07:00:00"},
		// over a weekend in which the clocks go forward
		{"active_time_intervals: [office]", "2026-03-27 17:00:00", `outside of its active time intervals: "office"`, "2026-03-30 06:00:00"},
		{"active_time_intervals: [office, lunch]", "2026-03-01 11:59:00", `outside of its active time intervals: "office", "lunch"`, "2026-03-01 12:00:00"},
		{"active_time_intervals: [office], mute_time_intervals: [lunch]", "2026-03-02 12:30:00", `muted by time interval "lunch"`, "2026-03-02 13:00:00"},
		{"active_time_intervals: [office], mute_time_intervals: [lunch]", "2026-03-02 11:00:00", "", "2026-03-02 12:00:00"},
		{"mute_time_intervals: [never]", "2026-03-02 12:00:00", "", "2026-03-10 12:00:00"},
		{"active_time_intervals: [never]", "2026-03-02 12:00:00", `outside of its active time intervals: "never"`, "2026-03-10 12:00:00"},
	} {
		r := ruleOf(t, c.rest)
		for range 2 { // the second time it is remembered
			why, until := r.Muted(when(c.at))
			require.Equal(t, c.why, why, "%+v", c)
			if c.until != "" {
				require.Equal(t, when(c.until), until.UTC(), "%+v", c)
			}
		}
	}
}

func TestInterval_WhatIsRememberedHoldsForItsTimeAlone(t *testing.T) {
	r := ruleOf(t, "mute_time_intervals: [lunch]")
	for _, c := range []struct {
		at   string
		mute bool
	}{
		{"2026-03-02 12:30:00", true}, {"2026-03-02 13:00:00", false}, {"2026-03-02 12:59:59", true}, {"2026-03-02 11:00:00", false},
		{"2026-03-05 12:00:00", true}, {"2026-03-02 12:00:00", true},
	} {
		why, _ := r.Muted(when(c.at))
		require.Equal(t, c.mute, why != "", c.at)
	}
}

func TestInterval_RulesThatNameTheSameShareWhatIsWorkedOut(t *testing.T) {
	set := newSet(t, offices+rule("a", "A", "up: 1, active_time_intervals: [office], mute_time_intervals: [lunch]")+
		rule("b", "A", "up: 1, mute_time_intervals: [lunch], active_time_intervals: [office]")+
		rule("c", "A", "up: 1, active_time_intervals: [lunch]")+rule("d", "A", "up: 1, mute_time_intervals: [lunch]"))
	require.Same(t, set.Rules[0].muting, set.Rules[1].muting)
	require.NotSame(t, set.Rules[2].muting, set.Rules[3].muting)
}

func BenchmarkMuted(b *testing.B) {
	r := ruleOf(b, "active_time_intervals: [office], mute_time_intervals: [lunch]")
	now := when("2026-03-02 12:30:00")
	for b.Loop() {
		_, _ = r.Muted(now)
	}
}
