package webhook

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/rules"
)

// came is when the lists of these tests come.
var came = time.Date(2026, time.November, 20, 4, 24, 40, 0, time.UTC)

func TestAlertsOfWhoeverSpeaksAsPrometheusDoes(t *testing.T) {
	bodies := files(t, "testdata/alerts/*.json")
	require.Len(t, bodies, 3)
	for path, body := range bodies {
		e, err := DecodeAlerts(body, "", came)
		require.NoError(t, err, path)
		require.Empty(t, e.Refused, path)
		require.Zero(t, e.Group(), "nothing is concluded from what it leaves out")
		require.Equal(t, "api/v2/alerts", e.Receiver)
		require.Len(t, e.Alerts, 2)
		web, cart := e.Alerts[0], e.Alerts[1]
		require.Equal(t, []string{"web", "cart"}, []string{web.Labels.Get("deployment"), cart.Labels.Get("deployment")})
		require.True(t, web.IsDirect(), path)
		require.Equal(t, came.Add(4*time.Minute), web.EndsAt.Truncate(time.Second))
		require.Equal(t, came.Add(-4*time.Minute), web.StartsAt.Truncate(time.Second))
		require.Equal(t, "web is busy", web.Annotations.Get("summary"))
		require.Equal(t, Fingerprint(web.Labels), web.Fingerprint)
		require.Equal(t, !strings.Contains(path, "vmalert"), cart.Resolved, path)
	}
}

func TestAlertsTimes(t *testing.T) {
	minute := func(n int) time.Time { return came.Add(time.Duration(n) * time.Minute) }
	for _, test := range []struct {
		fields        string
		resolved      bool
		starts, until time.Time
	}{
		{``, false, came, minute(5)},
		{`"startsAt":"2026-11-20T04:20:40Z"`, false, minute(-4), minute(5)},
		{`"startsAt":null,"endsAt":"0001-01-01T00:00:00Z"`, false, came, minute(5)},
		{`"startsAt":"","endsAt":""`, false, came, minute(5)},
		{`"startsAt":"2026-11-20 04:20:40","endsAt":1795149880`, false, minute(-4), time.Unix(1795149880, 0).UTC()},
		{`"endsAt":"2026-11-20T04:24:41Z"`, false, came, came.Add(time.Second)},
		{`"endsAt":"2026-11-20T04:24:40Z"`, true, came, came},
		{`"endsAt":"2026-11-20T04:23:40Z"`, true, minute(-1), minute(-1)},
		{`"startsAt":"2026-11-20T04:20:40Z","endsAt":"2026-11-20T04:23:40Z"`, true, minute(-4), minute(-1)},
		{`"status":{"state":"suppressed"},"fingerprint":"00000000000000aa","updatedAt":7`, false, came, minute(5)},
	} {
		body := `[{"labels":{"a":"b"}` + strings.TrimSuffix(","+test.fields, ",") + `}]`
		e, err := DecodeAlerts([]byte(body), "", came)
		require.NoError(t, err, body)
		require.Empty(t, e.Refused, body)
		labels := rules.Labels{{Name: "a", Value: "b"}}
		require.Equal(t, []rules.Alert{{
			Fingerprint: Fingerprint(labels), Resolved: test.resolved, Labels: labels, StartsAt: test.starts, EndsAt: test.until,
		}}, e.Alerts, body)
	}
}

func TestAlertsThatAreRefusedCostNoOther(t *testing.T) {
	e, err := DecodeAlerts([]byte(`[7,{"labels":{}},{"labels":{"a":"b"},"startsAt":"soon"},{"labels":{"a":"b"},"endsAt":"9999-12-31T00:00:00Z"},
		{"labels":{"a":{}}},{"labels":{"hook":"x"}},{"labels":{"a":"b","hook":"x","c":""}},{}]`), "", came)
	require.NoError(t, err)
	require.Equal(t, 2, e.ReservedLabels)
	require.Len(t, e.Alerts, 1)
	require.Equal(t, rules.Labels{{Name: "a", Value: "b"}}, e.Alerts[0].Labels)
	var why []string
	for _, r := range e.Refused {
		why = append(why, r.Why)
	}
	require.Equal(t, []string{
		"alerts[0]: want an object, got a number",
		"alerts[1]: labels are missing: an alert has at least one",
		`alerts[2].startsAt: want a time as in RFC 3339, or Unix seconds or milliseconds, got "soon"`,
		`alerts[3].endsAt: want a time of the years 1970 to 9998, got "9999-12-31T00:00:00Z"`,
		`alerts[4].labels["a"]: want a string, got an object`,
		`alerts[5].labels: has none but "hook", which is reserved for what is posted to a hook`,
		"alerts[7]: labels are missing: an alert has at least one",
	}, why)
}

func TestAlertsFaults(t *testing.T) {
	for body, want := range map[string]string{
		"":                 "empty body: want a list of alerts, as Prometheus posts it to an Alertmanager",
		" \n":              "empty body: want a list of alerts, as Prometheus posts it to an Alertmanager",
		`{"labels":{}}`:    "want a list of alerts, as Prometheus posts it to an Alertmanager, got an object",
		`null`:             "want a list of alerts, as Prometheus posts it to an Alertmanager, got null",
		`"x"`:              "want a list of alerts, as Prometheus posts it to an Alertmanager, got a string",
		alert("{}"):        "this is a notification, as Alertmanager posts it to a webhook: have it posted to /webhook",
		`[{"labels":{`:     "malformed JSON at byte 12: unexpected EOF",
		`[] []`:            "malformed JSON at byte 2: more data after the notification",
		`[{"labels":{}}}]`: "malformed JSON at byte 14: invalid character '}' after array element (expecting ',' or ']')",
	} {
		_, err := DecodeAlerts([]byte(body), "", came)
		require.EqualError(t, err, want, "%q", body)
	}
	e, err := DecodeAlerts([]byte("\ufeff []"), "", came)
	require.NoError(t, err)
	require.Empty(t, e.Alerts)
}

func TestAlertsAreKnownBySender(t *testing.T) {
	e, err := DecodeAlerts([]byte(`[{"labels":{"a":"b"}}]`), "prod", came)
	require.NoError(t, err)
	require.Equal(t, "prod", e.Sender)
	require.Equal(t, "sender/prod/"+Fingerprint(e.Alerts[0].Labels), e.Alerts[0].Fingerprint)
}

func TestNotificationsAreKnownBySender(t *testing.T) {
	body := notification(t, 2)
	d := NewDecoder()
	anyone, err := d.Decode(body, "")
	require.NoError(t, err)
	for _, sender := range []string{"prod", "dev"} {
		e, err := d.Decode(body, sender)
		require.NoError(t, err)
		again, err := d.Decode(body, sender)
		require.NoError(t, err)
		require.Same(t, e, again)
		require.Equal(t, sender, e.Sender)
		require.NotEqual(t, anyone.Group(), e.Group())
		for i := range e.Alerts {
			require.Equal(t, rules.SenderFingerprint(sender, anyone.Alerts[i].Fingerprint), e.Alerts[i].Fingerprint)
		}
		want, err := DecodeFrom(body, sender)
		require.NoError(t, err)
		require.Equal(t, want, e)
	}
	require.Empty(t, anyone.Sender)
}

func TestIsList(t *testing.T) {
	for body, is := range map[string]bool{"[]": true, " \r\n[": true, "\ufeff[{}]": true, "{}": false, "": false, "x[": false} {
		require.Equal(t, is, IsList([]byte(body)), "%q", body)
	}
}

// FuzzDecodeAlerts checks that no body makes DecodeAlerts panic, and that what it takes can be stored.
func FuzzDecodeAlerts(f *testing.F) {
	for _, body := range files(f, "testdata/alerts/*.json") {
		f.Add(body)
	}
	f.Add([]byte(`[{"labels":{"hook":"x","a":""},"status":{"state":"active"}},7]`))
	f.Add([]byte("\ufeff[{\"labels\":{\"a\":\"\xff\"},\"endsAt\":1e12,\"startsAt\":\"9998-12-31T23:59:59-23:59\"}]"))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := DecodeAlerts(body, "", came)
		if (e == nil) == (err == nil) {
			t.Fatalf("event %v with error %v", e, err)
		}
		if e != nil {
			requireStorable(t, e)
		}
	})
}
