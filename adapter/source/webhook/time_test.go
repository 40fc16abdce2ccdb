package webhook

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDecodeTimes(t *testing.T) {
	at := func(hour, minute, second, millis int) time.Time {
		return time.Date(2026, 11, 20, hour, minute, second, millis*1e6, time.UTC)
	}
	last := time.Date(9998, 12, 31, 23, 59, 59, 0, time.UTC)
	for given, want := range map[string]time.Time{
		`"2026-11-20T05:25:33Z"`:                   at(5, 25, 33, 0),
		`"2026-11-20T05:25:33.25Z"`:                at(5, 25, 33, 250),
		`"2026-11-20T05:25:33.250000000+01:00"`:    at(4, 25, 33, 250),
		`"2026-11-20t05:25:33z"`:                   at(5, 25, 33, 0),
		`"2026-11-20T05:25:33\u005a"`:              at(5, 25, 33, 0),
		`"2026-11-20T05:25:33,25Z"`:                at(5, 25, 33, 250),
		`"2026-11-20T05:25:33"`:                    at(5, 25, 33, 0),
		`"2026-11-20T05:25:33.25"`:                 at(5, 25, 33, 250),
		`"2026-11-20 05:25:33"`:                    at(5, 25, 33, 0),
		`"2026-11-20 05:25:33.25Z"`:                at(5, 25, 33, 250),
		`"2026-11-20 05:25:33+01:00"`:              at(4, 25, 33, 0),
		`"2026-11-20 05:25:33.25+01"`:              at(4, 25, 33, 250),
		`"2026-11-20T05:25:33+0130"`:               at(3, 55, 33, 0),
		`"2026-11-20T05:25:33+01:02:03"`:           at(4, 23, 30, 0),
		`"2026-11-20T05:25:33+23:59"`:              at(5, 26, 33, 0).AddDate(0, 0, -1),
		`"2026-11-20T05:25:33+24:00"`:              at(5, 25, 33, 0).AddDate(0, 0, -1),
		`"2026-11-20T05:25:33-24:00"`:              at(5, 25, 33, 0).AddDate(0, 0, 1),
		`"2026-11-20T05:25:33.123456789123Z"`:      time.Date(2026, 11, 20, 5, 25, 33, 123456789, time.UTC),
		fmt.Sprint(at(5, 25, 33, 0).Unix()):        at(5, 25, 33, 0),
		fmt.Sprint(at(5, 25, 33, 0).Unix()) + ".5": at(5, 25, 33, 500),
		fmt.Sprint(at(5, 25, 33, 7).UnixMilli()):   at(5, 25, 33, 7),
		`1.764e9`:                                  time.Unix(1764000000, 0).UTC(),
		`99999999999`:                              time.Unix(99999999999, 0).UTC(),
		`100000000000`:                             time.UnixMilli(100000000000).UTC(),
		fmt.Sprint(last.UnixMilli()):               last,
		`"9998-12-31T23:59:59Z"`:                   last,
		`"9999-01-01T00:59:59+01:00"`:              last,
		`"1970-01-01T00:00:00Z"`:                   time.Unix(0, 0).UTC(),
		`"1969-12-31T23:00:01-01:00"`:              time.Unix(1, 0).UTC(),
		`""`:                                       {},
		`null`:                                     {},
		`0`:                                        {},
		`0.0`:                                      {},
		`"0001-01-01T00:00:00Z"`:                   {},
		`"0001-01-01T00:00:00"`:                    {},
		`"0001-01-01 00:00:00"`:                    {},
		`"0001-01-01T00:00:00+01:00"`:              {},
		`"0001-01-01T00:00:00-05:00"`:              {},
		`-62135596800`:                             {},
		`-62135596800000`:                          {},
	} {
		e, err := Decode([]byte(alert(`{"startsAt":` + given + `,"endsAt":` + given + `,"status":"resolved","labels":{"a":"b"}}`)))
		require.NoError(t, err, given)
		require.Empty(t, e.Refused, given)
		require.Equal(t, []time.Time{want, want}, []time.Time{e.Alerts[0].StartsAt, e.Alerts[0].EndsAt}, given)
		requireStorable(t, e)
	}
}

// An end says nothing of an alert that fires, so that nothing about it is odd.
func TestDecodeLooksAtNoEndOfAFiringAlert(t *testing.T) {
	for _, end := range []string{`"never"`, `"9999-12-31T23:59:59Z"`, `{"x":[1]}`, `-1`, `true`, `"2026-11-20T05:25:33Z"`} {
		for _, body := range []string{`"status":"firing","endsAt":` + end, `"endsAt":` + end + `,"status":"firing"`} {
			e, err := Decode([]byte(alert(`{` + body + `,"labels":{"a":"b"}}`)))
			require.NoError(t, err)
			require.Empty(t, e.Refused, body)
			require.Zero(t, e.Alerts[0].EndsAt)
		}
	}
}

// A resolve may end when it starts, or before.
func TestDecodeKeepsAnEndThatIsTheStart(t *testing.T) {
	e, err := Decode([]byte(alert(`{"startsAt":"2026-11-20T05:25:33Z","endsAt":"2026-11-20T06:25:33+01:00","status":"resolved","labels":{"a":"b"}}`)))
	require.NoError(t, err)
	require.True(t, e.Alerts[0].Resolved)
	require.Equal(t, e.Alerts[0].StartsAt, e.Alerts[0].EndsAt)
}

// drawTime draws a JSON value that looks like a time, and often is one.
func drawTime(t *rapid.T, label string) string {
	year := rapid.OneOf(rapid.IntRange(1960, 2060), rapid.IntRange(0, 9999), rapid.SampledFrom([]int{0, 1, 1969, 1970, 9998, 9999})).Draw(t, label)
	offset := rapid.SampledFrom([]string{
		"Z", "", "z", "+00:00", "-00:00", "+23:59", "-23:59", "+24:00", "-24:00", "+24:59", "+25:00", "+01:02:03", "-23:59:59", "+0530", "-08", "+99:99",
	}).Draw(t, "offset")
	text := fmt.Sprintf("%04d-%02d-%02d%s%02d:%02d:%02d%s%s", year,
		rapid.IntRange(0, 13).Draw(t, "month"), rapid.IntRange(0, 32).Draw(t, "day"), rapid.SampledFrom([]string{"T", " ", "t", "_"}).Draw(t, "between"),
		rapid.IntRange(0, 24).Draw(t, "hour"), rapid.IntRange(0, 60).Draw(t, "minute"), rapid.IntRange(0, 60).Draw(t, "second"),
		rapid.SampledFrom([]string{"", ".5", ".000000001", ",25", ".9999999999"}).Draw(t, "fraction"), offset)
	number := rapid.OneOf(rapid.Map(rapid.Int64(), func(n int64) string { return fmt.Sprint(n) }),
		rapid.Map(rapid.Float64(), func(f float64) string { return fmt.Sprint(f) })).Draw(t, "number")
	return rapid.SampledFrom([]string{`"` + text + `"`, `"` + text + `"`, number, "null", `""`, `"x"`, "true", "[]"}).Draw(t, "value")
}

// Whatever the times of some alerts are, they cost none of the others, and what is taken can be stored and read
// back.
func TestDecodedTimesCanBeStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "alerts")
		alerts := []string{`{"status":"firing","labels":{"a":"first"}}`}
		for range n {
			alerts = append(alerts, fmt.Sprintf(`{"status":%q,"labels":{"a":"odd"},"startsAt":%s,"endsAt":%s}`,
				rapid.SampledFrom([]string{"firing", "resolved"}).Draw(t, "status"), drawTime(t, "start"), drawTime(t, "end")))
		}
		alerts = append(alerts, `{"status":"resolved","labels":{"a":"last"}}`)
		e, err := Decode([]byte(alert(strings.Join(alerts, ","))))
		require.NoError(t, err)
		require.Len(t, alerts, len(e.Alerts)+len(e.Refused))
		require.Equal(t, "first", e.Alerts[0].Labels.Get("a"))
		require.Equal(t, "last", e.Alerts[len(e.Alerts)-1].Labels.Get("a"))
		requireStorable(t, e)
	})
}
