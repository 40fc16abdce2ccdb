package webhook

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const custom = "neither version nor alerts: this looks like a custom `payload` of the receiver; " +
	"remove it from its webhook_configs, so that Alertmanager sends its own"

const (
	versions  = `want "4", as Alertmanager sends it, or "1", as Grafana does`
	alertList = "this is a list of alerts, as Prometheus posts it to an Alertmanager: " +
		"have it posted to /api/v2/alerts, or have an Alertmanager between"
)

func TestDecodeRefuses(t *testing.T) {
	const good = `{"status":"firing","labels":{"a":"b"}}`
	for name, tc := range map[string]struct{ body, want string }{
		"nothing":                       {"", "empty body: want Alertmanager's webhook JSON"},
		"white space":                   {" \n", "empty body: want Alertmanager's webhook JSON"},
		"no JSON":                       {"receiver=web", `malformed JSON at byte 0: invalid character 'r' at start of value`},
		"cut off":                       {`{"version":"4","alerts":[`, "malformed JSON at byte 25: unexpected EOF"},
		"cut off in a string":           {`{"version":"4","al`, "malformed JSON at byte 18: unexpected EOF"},
		"cut off in a list":             {`{"version":"4","alerts":[` + good + `,`, "malformed JSON at byte 64: unexpected EOF"},
		"a comma too many":              {`{"version":"4",}`, `malformed JSON at byte 14: invalid character ',' at start of value`},
		"a control character":           {"{\"version\":\"4\n\"}", `malformed JSON at byte 13: invalid character '\n' in string (expecting non-control character)`},
		"more data":                     {`{"version":"4","alerts":[]} {}`, "malformed JSON at byte 27: more data after the notification"},
		"garbage after it":              {`{"version":"4","alerts":[]}x`, "malformed JSON at byte 27: more data after the notification"},
		"nested for ever":               {`{"version":"4","x":` + strings.Repeat("[", 20000), "malformed JSON at byte 10018: exceeded max depth"},
		"nested in labels":              {alert(`{"labels":{"a":` + strings.Repeat("[", 20000)), "malformed JSON at byte 10036: exceeded max depth"},
		"malformed further on":          {`{"version":"4","alerts":5,"x":}`, "malformed JSON at byte 30: invalid character '}' at start of value"},
		"another version":               {`{"version":"3","alerts":[]}`, `version "3" is not supported: ` + versions},
		"another version first":         {`{"alerts":{"a":"b"},"version":"5"}`, `version "5" is not supported: ` + versions},
		"an empty version":              {`{"version":"","alerts":[]}`, `version is missing: ` + versions},
		"version 1.0":                   {`{"version":"1.0","alerts":[]}`, `version "1.0" is not supported: ` + versions},
		"a number as version":           {`{"version":4,"alerts":[]}`, "version: want a string, got a number"},
		"no version":                    {`{"alerts":[]}`, `version is missing: ` + versions},
		"no alerts of Grafana":          {`{"version":"1","orgId":1}`, `alerts are missing: a notification of version "1" has them`},
		"odd alerts of another version": {`{"version":"3","alerts":[5,{"status":7}]}`, `version "3" is not supported: ` + versions},
		"cut off in an odd alert":       {`{"version":"4","alerts":[{"labels":5,"startsAt"`, "malformed JSON at byte 47: unexpected EOF"},
		"malformed in an odd alert":     {alert(`{"labels":["a",{"b":}]}`), "malformed JSON at byte 45: missing value after object name"},
		"malformed after no status":     {`{"version":"4","alerts":[{"labels":{"a":"b"}}],"status":}`, "malformed JSON at byte 56: invalid character '}' at start of value"},
		"malformed after a mark":        {"\ufeff{x", "malformed JSON at byte 4: invalid character 'x' at start of value"},
		"a mark alone":                  {"\ufeff \n", "empty body: want Alertmanager's webhook JSON"},
		"two marks":                     {"\ufeff\ufeff{}", "malformed JSON at byte 3: invalid character '\\ufeff' at start of value"},
		"a list of alerts":              {`[{"annotations":{},"labels":{"alertname":"HighCPU"}}]`, alertList},
		"a list of something":           {`[{"text":"HighCPU"}]`, custom},
		"a common label a list":         {`{"version":"4","alerts":[],"commonLabels":{"alerts":[]}}`, `commonLabels["alerts"]: want a string, got an array`},
		"no alerts":                     {`{"version":"4","groupKey":"{}:{}"}`, `alerts are missing: a notification of version "4" has them`},
		"custom payload":                {`{"text":"HighCPU is firing"}`, custom},
		"custom with our names":         {`{"status":"firing","groupLabels":"HighCPU"}`, custom},
		"custom list":                   {`["HighCPU"]`, custom},
		"custom string":                 {`"HighCPU"`, custom},
		"null":                          {`null`, custom},
		"alerts an object":              {`{"version":"4","alerts":{}}`, "alerts: want an array, got an object"},
		"truncated below 0":             {`{"version":"4","truncatedAlerts":-1}`, `alerts are missing: a notification of version "4" has them`},
		"truncated by halves":           {`{"version":"4","alerts":[],"truncatedAlerts":1.5}`, "truncatedAlerts: want a whole number, 0 or more, got 1.5"},
		"truncated in words":            {`{"version":"4","alerts":[],"truncatedAlerts":"1"}`, "truncatedAlerts: want a number, got a string"},
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
		`{"version":"4","alerts":[],"commonLabels":{"` + long + `":[]}}`,
		`{"version":"4","alerts":[],"truncatedAlerts":-` + strings.Repeat("1", 100000) + `}`,
	} {
		_, err := Decode([]byte(body))
		require.Error(t, err)
		require.Less(t, len(err.Error()), 200)
	}
}
