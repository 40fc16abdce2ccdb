package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"alertscale/rules"

	"github.com/prometheus/alertmanager/timeinterval"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

// yearFile is a random file, with what the checks know of it apart from the rules that are read from it.
type yearFile struct {
	text string
	set  *rules.Set
	mute map[string]muteNames // by rule
}

// muteNames are the names of the time intervals of a rule.
type muteNames struct{ active, mute string }

// yearIntervals are the time intervals of all files: some have days on which the clocks are changed, and one lies around
// that change.
const yearIntervals = `
time_intervals:
  - {name: office, time_intervals: [{weekdays: ['monday:friday'], times: [{start_time: '08:00', end_time: '18:00'}], location: Europe/Berlin}]}
  - {name: night, time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'}, {start_time: '00:00', end_time: '06:00'}], location: America/New_York}]}
  - {name: change, time_intervals: [{weekdays: [sunday], times: [{start_time: '01:30', end_time: '03:30'}], location: Europe/Berlin}]}
  - {name: weekend, time_intervals: [{weekdays: [saturday, sunday]}]}
  - {name: lunch, time_intervals: [{times: [{start_time: '12:00', end_time: '12:30'}]}, {times: [{start_time: '20:00', end_time: '20:05'}]}]}
`

// yearTimes are those intervals as Alertmanager's own package reads them.
var yearTimes = func() map[string][]timeinterval.TimeInterval {
	var file struct {
		Intervals []struct {
			Name  string                      `yaml:"name"`
			Times []timeinterval.TimeInterval `yaml:"time_intervals"`
		} `yaml:"time_intervals"`
	}
	if err := yaml.Unmarshal([]byte(yearIntervals), &file); err != nil {
		panic(err)
	}
	all := map[string][]timeinterval.TimeInterval{}
	for _, iv := range file.Intervals {
		all[iv.Name] = iv.Times
	}
	return all
}()

func contains(interval string, now time.Time) bool {
	return slices.ContainsFunc(yearTimes[interval], func(ti timeinterval.TimeInterval) bool { return ti.ContainsTime(now.UTC()) })
}

// muted reports whether a rule is mute at a time, by Alertmanager's words: outside of its active intervals, or within a
// mute one.
func (f *yearFile) muted(rule string, now time.Time) bool {
	names := f.mute[rule]
	return names.mute != "" && contains(names.mute, now) || names.active != "" && !contains(names.active, now)
}

// yearRules are what the rules of a name may be; each file has some of them.
var yearRules = []struct {
	name, alert string
	actions     []string
}{
	{"busy", "Busy", []string{"up: 1", "up: 2", "up: 50%", "set: 9", "up: 2, when: resolved"}},
	{"hot", "Busy", []string{"up: 3", "up: 10", "down: 1, when: resolved", "hold: down"}},
	{"idle", "Idle", []string{"down: 1", "down: 30%", "set: 2", "down: 5"}},
	{"calm", "Busy", []string{"down: 1, when: resolved", "down: 1"}},
	{"want", "Want", []string{"set: 7", "set: '{{ .Annotations.want }}'", "set: 30", "set: 0"}},
	{"load", "Load", []string{
		"proportional: {current: '{{ .Annotations.want }}', desired: 5}", "proportional: {total: '{{ .Annotations.want }}', desired: 2, tolerance: 0.2}",
	}},
	{"deploy", "Deploy", []string{"up: 1", "hold: both"}},
	{"stop", "Stop", []string{"hold: up", "hold: down", "hold: both"}},
	{"try", "Busy", []string{"up: 3, dry_run: true", "hold: both, dry_run: true"}},
}

// newYearFile draws a file.
func newYearFile(r *rapid.T) *yearFile {
	f := &yearFile{mute: map[string]muteNames{}}
	f.text = rapid.SampledFrom([]string{"", "", "alert_ttl: 1h\n", "alert_ttl: 6h\nlookup_after: 1m\n", "lookup_after: 5m\n"}).Draw(r, "ttl") +
		yearIntervals + f.target(r) + "rules:\n"
	for _, of := range yearRules {
		if rapid.IntRange(0, 3).Draw(r, of.name) > 0 {
			action := rapid.SampledFrom(of.actions).Draw(r, "action")
			f.text += rule(of.name, of.alert, action+f.options(r, of.name, action))
		}
	}
	f.text += rule("last", "Last", "up: 1")
	var err error
	f.set, err = parseSet(f.text)
	require.NoError(r, err, f.text)
	return f
}

// maybe draws one of several texts, which is empty more often than not.
func maybe(r *rapid.T, name string, all ...string) string {
	if rapid.IntRange(0, 2).Draw(r, name) < 2 {
		return ""
	}
	return rapid.SampledFrom(all).Draw(r, name)
}

func (f *yearFile) target(r *rapid.T) string {
	text := fmt.Sprintf("targets: {web: {driver: sim, name: web, min: %d, max: %d",
		rapid.SampledFrom([]int{0, 1, 2, 2, 4}).Draw(r, "min"), rapid.SampledFrom([]int{6, 12, 20, 40}).Draw(r, "max"))
	for _, option := range []string{
		maybe(r, "cooldown", "cooldown: 0s", "cooldown: {up: 30s, down: 20m}", "cooldown: 3m"),
		maybe(r, "restore", "restore: {after: 10m, down: 1, every: 1m}", "restore: {after: 1h, down: 50%, every: 10m, baseline: 3}", "restore: {after: 1m, down: 4, every: 30s}"),
		maybe(r, "wait_ready", "wait_ready: 5m", "wait_ready: 1m"),
		maybe(r, "override", "when_owned: override"),
		maybe(r, "bounds", "bounds: workload"),
		maybe(r, "off", "paused: false", "paused: false", "dry_run: false", "paused: true", "dry_run: true"),
	} {
		if option != "" {
			text += ", " + option
		}
	}
	if rapid.Bool().Draw(r, "behavior") {
		text += ", behavior: {" + anyRules(r, "scaleUp") + ", " + anyRules(r, "scaleDown") + "}"
	}
	return text + "}}\n"
}

// options draws those of a rule, as far as its action has a use for them.
func (f *yearFile) options(r *rapid.T, name, action string) string {
	holds, follows := strings.HasPrefix(action, "hold"), strings.HasPrefix(action, "proportional")
	all := []string{maybe(r, "keep_active_for", "keep_active_for: 5m", "keep_active_for: 40m")}
	if !holds {
		all = append(all, maybe(r, "cooldown", "cooldown: 0s", "cooldown: 10s", "cooldown: 30m"))
	}
	if !holds && !follows && !strings.Contains(action, "resolved") {
		all = append(all, maybe(r, "repeat", "repeat: 2m", "repeat: 45m"))
	}
	names := muteNames{
		active: maybe(r, "active", "office", "night", "change", "weekend", "lunch"),
		mute:   maybe(r, "mute", "office", "night", "change", "weekend", "lunch"),
	}
	if f.mute[name] = names; names.active != "" {
		all = append(all, "active_time_intervals: ["+names.active+"]")
	}
	if names.mute != "" {
		all = append(all, "mute_time_intervals: ["+names.mute+"]")
	}
	text := ""
	for _, option := range all {
		if option != "" {
			text += ", " + option
		}
	}
	return text
}
