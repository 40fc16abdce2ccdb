package webhook

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/rules"
)

// An alert that is not one is left out with a reason; those around it count.
func TestDecodeRefusesOneAlert(t *testing.T) {
	const before, after = `{"labels":{"a":"1"},"status":"firing"},`, `,{"labels":{"a":"2"},"status":"resolved"}`
	const wantTime = "want a time as in RFC 3339, or Unix seconds or milliseconds, got "
	for name, tc := range map[string]struct{ alert, why string }{
		"a string":                {`"x"`, "alerts[1]: want an object, got a string"},
		"a number":                {`7.5`, "alerts[1]: want an object, got a number"},
		"a list":                  {`[[{"a":[]}],{}]`, "alerts[1]: want an object, got an array"},
		"null":                    {`null`, `alerts[1]: status is missing, and so is the message's: want "firing" or "resolved"`},
		"no status":               {`{"labels":{"a":"b"}}`, `alerts[1]: status is missing, and so is the message's: want "firing" or "resolved"`},
		"an unknown status":       {`{"status":"pending","labels":{"a":"b"}}`, `alerts[1].status: want "firing" or "resolved", got "pending"`},
		"a status of true":        {`{"status":true}`, `alerts[1].status: want a string, got a boolean`},
		"no labels":               {`{"status":"firing"}`, "alerts[1]: labels are missing: an alert has at least one"},
		"empty labels":            {`{"labels":{},"status":"firing"}`, "alerts[1]: labels are missing: an alert has at least one"},
		"null for labels":         {`{"labels":null,"status":"firing"}`, "alerts[1]: labels are missing: an alert has at least one"},
		"labels of null":          {`{"labels":{"a":null},"status":"firing"}`, "alerts[1]: labels are missing: an alert has at least one"},
		"labels a list":           {`{"labels":["a",{"b":[]}],"status":"firing"}`, "alerts[1].labels: want an object, got an array"},
		"labels a string":         {`{"labels":"a","status":"firing"}`, "alerts[1].labels: want an object, got a string"},
		"a label an object":       {`{"labels":{"pod/x":{"y":{}},"z":[]}}`, `alerts[1].labels["pod/x"]: want a string, got an object`},
		"an annotation a list":    {`{"annotations":{"x":[1]},"labels":{"a":"b"}}`, `alerts[1].annotations["x"]: want a string, got an array`},
		"nothing but a hook":      {`{"status":"firing","labels":{"hook":"deploy"}}`, `alerts[1].labels: has none but "hook", which is reserved for what is posted to a hook`},
		"a start in words":        {`{"startsAt":"yesterday","status":"firing","labels":{"a":"b"}}`, `alerts[1].startsAt: ` + wantTime + `"yesterday"`},
		"a start a boolean":       {`{"startsAt":true,"status":"firing","labels":{"a":"b"}}`, `alerts[1].startsAt: ` + wantTime + `true`},
		"a start an object":       {`{"startsAt":{"x":[]},"status":"firing","labels":{"a":"b"}}`, `alerts[1].startsAt: ` + wantTime + `{"x":[]}`},
		"a month of 13":           {`{"startsAt":"2026-13-20T05:00:00Z","status":"firing","labels":{"a":"b"}}`, `alerts[1].startsAt: ` + wantTime + `"2026-13-20T05:00:00Z"`},
		"an offset of 25 hours":   {`{"startsAt":"2026-11-20T05:00:00+25:00","status":"firing","labels":{"a":"b"}}`, `alerts[1].startsAt: ` + wantTime + `"2026-11-20T05:00:00+25:00"`},
		"an end in words":         {`{"endsAt":"never","status":"resolved","labels":{"a":"b"}}`, `alerts[1].endsAt: ` + wantTime + `"never"`},
		"an end before 1970":      {`{"status":"resolved","labels":{"a":"b"},"endsAt":"1969-12-31T23:59:59Z"}`, `alerts[1].endsAt: want a time of the years 1970 to 9998, got "1969-12-31T23:59:59Z"`},
		"a start in 9999":         {`{"status":"firing","labels":{"a":"b"},"startsAt":"9999-01-01T00:00:00Z"}`, `alerts[1].startsAt: want a time of the years 1970 to 9998, got "9999-01-01T00:00:00Z"`},
		"9999 by its zone":        {`{"status":"firing","labels":{"a":"b"},"startsAt":"9998-12-31T23:30:00-01:00"}`, `alerts[1].startsAt: want a time of the years 1970 to 9998, got "9998-12-31T23:30:00-01:00"`},
		"10000 by its zone":       {`{"status":"firing","labels":{"a":"b"},"startsAt":"9999-12-31T23:59:59-23:59"}`, `alerts[1].startsAt: want a time of the years 1970 to 9998, got "9999-12-31T23:59:59-23:59"`},
		"nanoseconds":             {`{"status":"firing","labels":{"a":"b"},"startsAt":1763616333123456789}`, `alerts[1].startsAt: ` + wantTime + `1763616333123456789`},
		"microseconds":            {`{"status":"firing","labels":{"a":"b"},"startsAt":1763616333123456}`, `alerts[1].startsAt: want a time of the years 1970 to 9998, got 1763616333123456`},
		"a number beyond numbers": {`{"status":"firing","labels":{"a":"b"},"startsAt":1e999}`, `alerts[1].startsAt: ` + wantTime + `1e999`},
		"seconds before 1970":     {`{"status":"firing","labels":{"a":"b"},"startsAt":-1}`, `alerts[1].startsAt: want a time of the years 1970 to 9998, got -1`},
		"the first of two faults": {`{"labels":[],"startsAt":"x","status":7}`, "alerts[1].labels: want an object, got an array"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := Decode([]byte(`{"version":"4","truncatedAlerts":2,"alerts":[` + before + tc.alert + after + `],"groupKey":"g"}`))
			require.NoError(t, err)
			require.Equal(t, []string{"1", "2"}, valuesOf(e.Alerts))
			require.Len(t, e.Refused, 1)
			require.Equal(t, tc.why, e.Refused[0].Why)
			require.Equal(t, 1, e.Refused[0].Index)
			require.Equal(t, 3, e.Truncated, "it is not absent: the sender mentioned it")
			require.Equal(t, "g", e.GroupKey, "what follows is read")
		})
	}
}

func valuesOf(alerts []rules.Alert) []string {
	values := []string{}
	for _, a := range alerts {
		values = append(values, a.Labels.Get("a"))
	}
	return values
}

func TestDecodeKeepsLabelsOfARefusedAlert(t *testing.T) {
	e, err := Decode([]byte(alert(`{"startsAt":"soon","labels":{"a":"b","hook":"x"},"status":"firing"}`)))
	require.NoError(t, err)
	require.Equal(t, rules.Labels{{Name: "a", Value: "b"}}, e.Refused[0].Labels)
	require.Empty(t, e.Alerts)
}

func TestDecodeOfAListThatIsDuplicatedTakesTheLast(t *testing.T) {
	e, err := Decode([]byte(`{"version":"4","alerts":[5,{"labels":{"hook":"x"}}],"alerts":[{"status":"firing","labels":{"a":"1"}}]}`))
	require.NoError(t, err)
	require.Equal(t, []string{"1"}, valuesOf(e.Alerts))
	require.Empty(t, e.Refused)
	require.Zero(t, e.Truncated)
	require.Zero(t, e.ReservedLabels)
}

// However many alerts are refused, what is said about them is bounded, and the good ones count.
func TestDecodeBoundsWhatIsRefused(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for _, bad := range []string{
		`5`, `"` + long + `"`, `{"status":"` + long + `"}`, `{"startsAt":"` + long + `","status":"firing","labels":{"a":"b"}}`,
		`{"labels":{"` + long + `":[]}}`, `{"` + long + `":1}`,
	} {
		e, err := Decode([]byte(alert(bad)))
		require.NoError(t, err)
		require.Len(t, e.Refused, 1)
		require.Less(t, len(e.Refused[0].Why), 200)
	}
	e, err := Decode([]byte(`{"version":"4","alerts":[` + strings.Repeat(`5,`, 5000) + `{"status":"firing","labels":{"a":"1"}}],"receiver":"r"}`))
	require.NoError(t, err)
	require.Equal(t, []string{"1"}, valuesOf(e.Alerts))
	require.Len(t, e.Refused, maxRefused)
	require.Equal(t, 5000-maxRefused, e.RefusedRest)
	require.Equal(t, 5000, e.Truncated)
	_, err = Decode([]byte(`{"version":"4","alerts":[` + strings.Repeat(`5,`, 5000) + `6],"receiver":7}`))
	require.EqualError(t, err, "receiver: want a string, got a number", "what comes after them is described in full")
}

func TestDecodeTruncatedIsNeverNegative(t *testing.T) {
	e, err := Decode([]byte(`{"version":"4","truncatedAlerts":` + strconv.FormatUint(1<<64-1, 10) + `,"alerts":[1,2]}`))
	require.NoError(t, err)
	require.Positive(t, e.Truncated)
}

// A reason that nobody will read is not written: each costs more than the alert.
func TestDecodeDescribesOnlyWhatIsListed(t *testing.T) {
	for _, bad := range []string{`5,`, `{},`, `{"status":"x"},`, `{"labels":{"a":[1,2]}},`, `{"labels":{"a":"b"},"status":"firing","startsAt":"x"},`} {
		allocations := func(n int) float64 {
			body := []byte(alert(strings.Repeat(bad, n) + `5`))
			return testing.AllocsPerRun(10, func() { _, _ = Decode(body) })
		}
		each := (allocations(2000) - allocations(1000)) / 1000
		require.LessOrEqual(t, each, 6.0, bad)
	}
}
