package webhook

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/rules"
)

func TestDecodeTakesGrafana(t *testing.T) {
	bodies := files(t, "testdata/grafana/*.json")
	for path, body := range bodies {
		m := message(body)
		require.NotNil(t, m, path)
		e, err := Decode(body)
		require.NoError(t, err, path)
		requireSame(t, m, e)
		require.Empty(t, e.Refused)
	}
	e, err := Decode(bodies["testdata/grafana/1-firing.json"])
	require.NoError(t, err)
	require.Equal(t, "web", e.Alerts[0].Labels.Get("deployment"))
	require.Equal(t, time.Date(2026, 11, 20, 4, 24, 40, 0, time.UTC), e.Alerts[0].StartsAt)
	require.Equal(t, "c6eadffa33fcdf37", e.Alerts[0].Fingerprint)
	require.NotZero(t, e.Group(), "what it leaves out is concluded from, as for Alertmanager")
	again, err := Decode(bodies["testdata/grafana/2-resolved.json"])
	require.NoError(t, err)
	require.Equal(t, e.Group(), again.Group())
	require.True(t, again.Alerts[0].Resolved && again.Alerts[1].Resolved)
	require.Equal(t, time.Date(2026, 11, 20, 4, 35, 40, 0, time.UTC), again.Alerts[0].EndsAt)
}

func TestDecodeInheritsTheStatus(t *testing.T) {
	const two = `"alerts":[{"labels":{"a":"1"}},{"status":"resolved","labels":{"a":"2"}},{"status":"","labels":{"a":"3"}},{"labels":{"a":"4"},"status":null}]`
	for name, tc := range map[string]struct {
		body    string
		want    []bool // resolved
		refused int
	}{
		"before the alerts":  {`{"version":"4","status":"firing",` + two + `}`, []bool{false, true, false, false}, 0},
		"after them":         {`{"version":"4",` + two + `,"status":"firing"}`, []bool{false, true, false, false}, 0},
		"resolved":           {`{"version":"4",` + two + `,"status":"resolved"}`, []bool{true, true, true, true}, 0},
		"of Grafana":         {`{"version":"1",` + two + `,"state":"ok","status":"resolved"}`, []bool{true, true, true, true}, 0},
		"escaped":            {`{"version":"4","st\u0061tus":"resolve\u0064",` + two + `}`, []bool{true, true, true, true}, 0},
		"duplicated":         {`{"version":"4","status":"firing",` + two + `,"status":"resolved"}`, []bool{true, true, true, true}, 0},
		"behind a mark":      {"\ufeff" + `{"version":"4",` + two + `,"status":"firing"}`, []bool{false, true, false, false}, 0},
		"behind broken text": {"{\"x\":\"\xff\",\"version\":\"4\"," + two + `,"status":"firing"}`, []bool{false, true, false, false}, 0},
		"missing as well":    {`{"version":"4",` + two + `}`, []bool{true}, 3},
		"null":               {`{"version":"4","status":null,` + two + `}`, []bool{true}, 3},
		"a number":           {`{"version":"4","status":1,` + two + `}`, []bool{true}, 3},
		"another word":       {`{"version":"4","status":"alerting",` + two + `}`, []bool{true}, 3},
		"null in the end":    {`{"version":"4","status":"firing",` + two + `,"status":null}`, []bool{true}, 3},
		"one level too deep": {`{"version":"4","x":{"status":"firing"},` + two + `}`, []bool{true}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := Decode([]byte(tc.body))
			require.NoError(t, err)
			got := []bool{}
			for _, a := range e.Alerts {
				got = append(got, a.Resolved)
			}
			require.Equal(t, tc.want, got)
			require.Len(t, e.Refused, tc.refused)
		})
	}
	e, err := Decode([]byte(`{"version":"4","status":"ok","alerts":[{"labels":{"a":"b"}}]}`))
	require.NoError(t, err)
	require.Equal(t, `alerts[0]: status is missing, and the message's is "ok": want "firing" or "resolved"`, e.Refused[0].Why)
}

func TestDecodeTakesTheTextOfScalars(t *testing.T) {
	const values = `{"b":true,"c":false,"f":1.50,"i":-3,"e":1e3,"big":12345678901234567890,"n":null,"s":"x","z":""}`
	want := rules.Labels{
		{Name: "b", Value: "true"}, {Name: "big", Value: "12345678901234567890"}, {Name: "c", Value: "false"}, {Name: "e", Value: "1e3"},
		{Name: "f", Value: "1.50"}, {Name: "i", Value: "-3"}, {Name: "s", Value: "x"}, {Name: "z", Value: ""},
	}
	e, err := Decode([]byte(`{"version":"1","groupLabels":` + values + `,"commonLabels":` + values + `,"commonAnnotations":` + values +
		`,"alerts":[{"status":"firing","labels":` + values + `,"annotations":` + values + `}]}`))
	require.NoError(t, err)
	require.Empty(t, e.Refused)
	for _, got := range []rules.Labels{e.GroupLabels, e.CommonLabels, e.CommonAnnotations, e.Alerts[0].Labels, e.Alerts[0].Annotations} {
		require.Equal(t, want, got)
	}
}

func TestDecodeFingerprints(t *testing.T) {
	labels := rules.Labels{{Name: "a", Value: "b"}}
	for given, want := range map[string]string{
		`"00000000000000aa"`:       "00000000000000aa",
		`"00000000000000AA"`:       "00000000000000aa",
		`"0123456789abcdef"`:       "0123456789abcdef",
		`"FEDCBA9876543210"`:       "fedcba9876543210",
		`"\u00300000000000000aa"`:  "00000000000000aa",
		`"0000000000000aa"`:        "",
		`"00000000000000aaa"`:      "",
		`"0000000000000\n0g"`:      "",
		`"000000000000 0aa"`:       "",
		`"0x000000000000aa"`:       "",
		`"00000000000000ag"`:       "",
		`"h1"`:                     "",
		`""`:                       "",
		`null`:                     "",
		`7`:                        "",
		`1234567890123456`:         "",
		`{"x":"00000000000000aa"}`: "",
	} {
		e, err := Decode([]byte(alert(`{"fingerprint":` + given + `,"status":"firing","labels":{"a":"b"}}`)))
		if want == "" {
			want = Fingerprint(labels)
		}
		require.NoError(t, err)
		require.Equal(t, want, e.Alerts[0].Fingerprint, given)
	}
}

func TestDecodeTakesTheReservedLabelAway(t *testing.T) {
	const given = `"fingerprint":"00000000000000aa"`
	e, err := Decode([]byte(`{"version":"4","groupLabels":{"a":"b","hook":"deploy"},"commonLabels":{"hook":"deploy"},"commonAnnotations":{"hook":"x"},
		"alerts":[
		{"status":"firing","labels":{"a":"1","hook":"deploy","z":"2"},"annotations":{"hook":"x"},` + given + `},
		{"status":"firing","labels":{"z":"2","h\u006fok":"","a":"1"},` + given + `},
		{"status":"firing","labels":{"a":"1","hook":null},` + given + `},
		{"status":"firing","labels":{"a":"1","Hook":"x","hooks":"y"},` + given + `},
		{"status":"firing","labels":{"hook":"deploy"},` + given + `}]}`))
	require.NoError(t, err)
	stripped := rules.Labels{{Name: "a", Value: "1"}, {Name: "z", Value: "2"}}
	mark := rules.Labels{{Name: "hook", Value: "x"}}
	require.Equal(t, rules.Labels{{Name: "a", Value: "b"}}, e.GroupLabels)
	require.Empty(t, e.CommonLabels)
	require.Equal(t, mark, e.CommonAnnotations, "annotations have no such name")
	require.Len(t, e.Alerts, 4)
	require.Equal(t, rules.Alert{Fingerprint: Fingerprint(stripped), Labels: stripped, Annotations: mark}, e.Alerts[0])
	require.ElementsMatch(t, stripped, e.Alerts[1].Labels)
	require.Equal(t, Fingerprint(stripped), e.Alerts[1].Fingerprint)
	for _, a := range e.Alerts[2:] {
		require.Equal(t, "00000000000000aa", a.Fingerprint, "it did not have the label")
	}
	require.Len(t, e.Alerts[3].Labels, 3)
	require.Len(t, e.Refused, 1)
	require.Equal(t, 3, e.ReservedLabels)
}

func TestDecodeSkipsAByteOrderMark(t *testing.T) {
	body := string(notification(t, 3))
	want, err := Decode([]byte(body))
	require.NoError(t, err)
	got, err := Decode([]byte("\xef\xbb\xbf" + body))
	require.NoError(t, err)
	require.Equal(t, want, got)
	got, err = Decode([]byte("\xef\xbb\xbf \r\n" + body))
	require.NoError(t, err)
	require.Equal(t, want, got)
}
