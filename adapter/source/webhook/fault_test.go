package webhook

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const custom = "neither version nor alerts: this looks like a custom `payload` of the receiver; " +
	"remove it from its webhook_configs, so that Alertmanager sends its own"

func TestDecodeRefuses(t *testing.T) {
	const good = `{"status":"firing","labels":{"a":"b"}}`
	for name, tc := range map[string]struct{ body, want string }{
		"nothing":               {"", "empty body: want Alertmanager's webhook JSON"},
		"white space":           {" \n", "empty body: want Alertmanager's webhook JSON"},
		"no JSON":               {"receiver=web", `malformed JSON at byte 0: invalid character 'r' at start of value`},
		"cut off":               {`{"version":"4","alerts":[`, "malformed JSON at byte 25: unexpected EOF"},
		"cut off in a string":   {`{"version":"4","al`, "malformed JSON at byte 18: unexpected EOF"},
		"cut off in a list":     {`{"version":"4","alerts":[` + good + `,`, "malformed JSON at byte 64: unexpected EOF"},
		"a comma too many":      {`{"version":"4",}`, `malformed JSON at byte 14: invalid character ',' at start of value`},
		"a control character":   {"{\"version\":\"4\n\"}", `malformed JSON at byte 13: invalid character '\n' in string (expecting non-control character)`},
		"more data":             {`{"version":"4","alerts":[]} {}`, "malformed JSON at byte 27: more data after the notification"},
		"garbage after it":      {`{"version":"4","alerts":[]}x`, "malformed JSON at byte 27: more data after the notification"},
		"nested for ever":       {`{"version":"4","x":` + strings.Repeat("[", 20000), "malformed JSON at byte 10018: exceeded max depth"},
		"nested in labels":      {alert(`{"labels":{"a":` + strings.Repeat("[", 20000)), "malformed JSON at byte 10036: exceeded max depth"},
		"malformed further on":  {`{"version":"4","alerts":5,"x":}`, "malformed JSON at byte 30: invalid character '}' at start of value"},
		"another version":       {`{"version":"3","alerts":[]}`, `version "3" is not supported: want "4"`},
		"another version first": {`{"alerts":{"a":"b"},"version":"5"}`, `version "5" is not supported: want "4"`},
		"a number as version":   {`{"version":4,"alerts":[]}`, "version: want a string, got a number"},
		"no version":            {`{"alerts":[]}`, `version is missing: want "4"`},
		"no alerts":             {`{"version":"4","groupKey":"{}:{}"}`, `alerts are missing: a notification of version "4" has them`},
		"custom payload":        {`{"text":"HighCPU is firing"}`, custom},
		"custom with our names": {`{"status":"firing","groupLabels":"HighCPU"}`, custom},
		"custom list":           {`["HighCPU"]`, custom},
		"custom string":         {`"HighCPU"`, custom},
		"null":                  {`null`, custom},
		"alerts an object":      {`{"version":"4","alerts":{}}`, "alerts: want an array, got an object"},
		"an alert a string":     {alert(good + `,"x"`), "alerts[1]: want an object, got a string"},
		"an alert null":         {alert(good + `,null`), `alerts[1]: status is missing: want "firing" or "resolved"`},
		"no status":             {alert(`{"labels":{"a":"b"},"endsAt":"2026-11-20T05:25:33Z"}`), `alerts[0]: status is missing: want "firing" or "resolved"`},
		"an unknown status":     {alert(`{"status":"pending"}`), `alerts[0].status: want "firing" or "resolved", got "pending"`},
		"a status of true":      {alert(`{"status":true}`), `alerts[0].status: want a string, got a boolean`},
		"no labels":             {alert(good + `,{"status":"firing"}`), "alerts[1]: labels are missing: an alert has at least one"},
		"empty labels":          {alert(`{"labels":{},"status":"firing"}`), "alerts[0]: labels are missing: an alert has at least one"},
		"labels a list":         {alert(good + `,` + good + `,{"labels":["a"]}`), "alerts[2].labels: want an object, got an array"},
		"a label a number":      {alert(`{"labels":{"pod/x":5}}`), `alerts[0].labels["pod/x"]: want a string, got a number`},
		"an annotation a list":  {alert(`{"annotations":{"x":[1]}}`), `alerts[0].annotations["x"]: want a string, got an array`},
		"a common label false":  {`{"version":"4","alerts":[],"commonLabels":{"alerts":false}}`, `commonLabels["alerts"]: want a string, got a boolean`},
		"a start in words":      {alert(`{"startsAt":"yesterday"}`), `alerts[0].startsAt: want a time as in RFC 3339, got "yesterday"`},
		"an end in seconds":     {alert(`{"endsAt":1763616333}`), "alerts[0].endsAt: want a string, got a number"},
		"a fingerprint of 7":    {alert(`{"fingerprint":7}`), "alerts[0].fingerprint: want a string, got a number"},
		"truncated below 0":     {`{"version":"4","truncatedAlerts":-1}`, `alerts are missing: a notification of version "4" has them`},
		"truncated by halves":   {`{"version":"4","alerts":[],"truncatedAlerts":1.5}`, "truncatedAlerts: want a whole number, 0 or more, got 1.5"},
		"truncated in words":    {`{"version":"4","alerts":[],"truncatedAlerts":"1"}`, "truncatedAlerts: want a number, got a string"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := Decode([]byte(tc.body))
			require.EqualError(t, err, tc.want)
			require.Nil(t, e)
		})
	}
}

func TestDecodeKeepsMessagesShort(t *testing.T) {
	long := strings.Repeat("x", 100000)
	for _, body := range []string{
		`{"version":"` + long + `"}`,
		alert(`{"status":"` + long + `"}`),
		alert(`{"startsAt":"` + long + `"}`),
		alert(`{"labels":{"` + long + `":1}}`),
		`{"version":"4","alerts":[],"truncatedAlerts":-` + strings.Repeat("1", 100000) + `}`,
	} {
		_, err := Decode([]byte(body))
		require.Error(t, err)
		require.Less(t, len(err.Error()), 200)
	}
}
