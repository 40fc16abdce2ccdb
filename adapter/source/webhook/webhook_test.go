package webhook

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	amwebhook "github.com/prometheus/alertmanager/notify/webhook"
	"github.com/stretchr/testify/require"

	"alertscale/rules"
)

// recorded returns what real Alertmanagers sent, by file.
func recorded(tb testing.TB) map[string][]byte {
	tb.Helper()
	return files(tb, "testdata/alertmanager-*/*.json")
}

func files(tb testing.TB, pattern string) map[string][]byte {
	tb.Helper()
	paths, err := filepath.Glob(pattern)
	require.NoError(tb, err)
	require.NotEmpty(tb, paths)
	bodies := map[string][]byte{}
	for _, path := range paths {
		bodies[path], err = os.ReadFile(path)
		require.NoError(tb, err)
	}
	return bodies
}

func TestDecodeAgreesWithAlertmanager(t *testing.T) {
	for file, body := range recorded(t) {
		t.Run(filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file), func(t *testing.T) {
			var m amwebhook.Message
			require.NoError(t, json.Unmarshal(body, &m))
			e, err := Decode(body)
			require.NoError(t, err)
			requireSame(t, &m, e)
		})
	}
}

func TestDecodeComputesFingerprintsAsAlertmanagerDoes(t *testing.T) {
	for file, body := range recorded(t) {
		with, err := Decode(body)
		require.NoError(t, err)
		without, err := Decode([]byte(strings.ReplaceAll(string(body), `"fingerprint":`, `"was":`)))
		require.NoError(t, err)
		require.Equal(t, with, without, file)
	}
}

func TestDecodeLeavesTheBodyAlone(t *testing.T) {
	body := notification(t, 3)
	before := string(body)
	first, err := Decode(body)
	require.NoError(t, err)
	require.Equal(t, before, string(body))
	clear(body)
	second, err := Decode([]byte(before))
	require.NoError(t, err)
	require.Equal(t, second, first, "an event does not change with the body it came from")
}

// alert wraps one alert into a notification.
func alert(json string) string { return `{"version":"4","alerts":[` + json + `]}` }

func TestDecodeIsLenient(t *testing.T) {
	at := time.Date(2026, 11, 20, 5, 0, 0, 1, time.UTC)
	one := rules.Labels{{Name: "a", Value: "b"}}
	for name, tc := range map[string]struct {
		body string
		want rules.Event
	}{
		"no alerts":        {`{"version":"4","alerts":[]}`, rules.Event{Alerts: []rules.Alert{}}},
		"null for alerts":  {`{"version":"4","alerts":null}`, rules.Event{}},
		"null for strings": {`{"version":"4","alerts":null,"receiver":null,"groupKey":null,"truncatedAlerts":null}`, rules.Event{}},
		"white space":      {" {\n\t\"alerts\" : null ,\r\n \"version\" : \"4\" } \n", rules.Event{}},
		"an unknown field": {`{"version":"4","next":{"a":[1,{"b":null}]},"alerts":null}`, rules.Event{}},
		"the least of an alert": {
			alert(`{"status":"firing","labels":{"a":"b"}}`),
			rules.Event{Alerts: []rules.Alert{{Fingerprint: Fingerprint(one), Labels: one}}},
		},
		"resolved without an end": {
			alert(`{"labels":{"a":"b"},"fingerprint":"00000000000000fa","startsAt":"2026-11-20T05:00:00.000000001Z","status":"resolved"}`),
			rules.Event{Alerts: []rules.Alert{{Fingerprint: "00000000000000fa", Resolved: true, Labels: one, StartsAt: at}}},
		},
		"firing with an end to come": {
			alert(`{"status":"firing","labels":{"a":"b"},"fingerprint":"00000000000000fa","endsAt":"2026-11-20T05:00:00.000000001Z"}`),
			rules.Event{Alerts: []rules.Alert{{Fingerprint: "00000000000000fa", Labels: one}}},
		},
		"a label duplicated": {
			alert(`{"status":"firing","labels":{"b":"1","a":"2","b":"3"},"fingerprint":"00000000000000fa"}`),
			rules.Event{Alerts: []rules.Alert{{Fingerprint: "00000000000000fa", Labels: rules.Labels{{Name: "a", Value: "2"}, {Name: "b", Value: "3"}}}}},
		},
		"a field duplicated": {`{"version":"3","version":"4","alerts":[],"alerts":null}`, rules.Event{}},
		"escapes":            {`{"version":"4","alerts":null,"groupKey":"{}:{a=\"\u00fc\"}","\u0072eceiver":"r"}`, rules.Event{GroupKey: `{}:{a="ü"}`, Receiver: "r"}},
		"half a surrogate":   {`{"version":"4","alerts":null,"receiver":"a\ud800b"}`, rules.Event{Receiver: "a\ufffdb"}},
		"invalid UTF-8":      {"{\"version\":\"4\",\"alerts\":null,\"receiver\":\"a\xff\xfeb\"}", rules.Event{Receiver: "a\ufffd\ufffdb"}},
		"truncated for good": {`{"version":"4","alerts":null,"truncatedAlerts":18446744073709551615}`, rules.Event{Truncated: math.MaxInt}},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := Decode([]byte(tc.body))
			require.NoError(t, err)
			require.Equal(t, tc.want, *e)
		})
	}
}
