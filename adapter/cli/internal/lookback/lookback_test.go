package lookback

import (
	"testing"
	"time"

	"alertscale/adapter/config"
	"alertscale/adapter/source/webhook"
	"alertscale/rules"
	"alertscale/rules/backtest"

	"github.com/stretchr/testify/require"
)

var now = time.Date(2026, time.March, 31, 12, 0, 0, 500, time.UTC)

func TestParseTime(t *testing.T) {
	for text, want := range map[string]string{
		"now": "2026-03-31T12:00:00Z", "30d": "2026-03-01T12:00:00Z", "1h30m": "2026-03-31T10:30:00Z", "2026-03-02": "2026-03-02T00:00:00Z",
		"2026-03-02T01:00:00+01:00": "2026-03-02T00:00:00Z", "1772409600.5": "2026-03-02T00:00:00.5Z",
	} {
		got, err := parseTime("--from", text, now)
		require.NoError(t, err)
		require.Equal(t, want, got.Format(time.RFC3339Nano), text)
	}
	for _, text := range []string{"", "yesterday", "-1h", "-5", "1e300", "NaN"} {
		_, err := parseTime("--from", text, now)
		require.ErrorContains(t, err, "--from ", text)
	}
}

// TestRanges: all looks of a time, each once, in parts that Prometheus answers.
func TestRanges(t *testing.T) {
	for _, c := range []struct {
		step, length time.Duration
		parts        int
	}{
		{time.Minute, 24 * time.Hour, 2}, {time.Minute, 24*time.Hour - time.Minute, 1}, {15 * time.Second, 72 * time.Hour, 4}, {time.Second, 6 * time.Hour, 2},
		{7 * time.Minute, 3 * time.Hour, 1}, {48 * time.Hour, 200 * time.Hour, 3}, {time.Hour, time.Minute, 1},
	} {
		r := reader{Options: Options{Step: c.step}, from: now, to: now.Add(c.length)}
		at := now
		for _, part := range r.ranges() {
			require.Equal(t, at, part.From)
			require.Zero(t, part.To.Sub(part.From)%c.step)
			require.Less(t, part.To.Sub(part.From)/c.step, time.Duration(11_000))
			at = part.To.Add(c.step)
		}
		require.True(t, at.After(r.to) && !at.Add(-c.step).After(r.to), c)
		require.Len(t, r.ranges(), c.parts, c)
	}
}

// TestParseCounts: what is before the = is a target or a ref, which may have a = itself.
func TestParseCounts(t *testing.T) {
	file, err := config.Parse("alertscale.yml", []byte(`
drivers: {old: {type: rancher, url: 'http://rancher/v2-beta/projects/1a5', access_key: a, secret_key: b}, sim: {type: simulator}}
targets:
  pool: {driver: old, kind: host, selector: {pool: web, tier: a}, remove: oldest, min: 1, max: 9}
  any: {driver: sim, name: '{{ .Labels.app }}', max: 9}
rules: [{name: busy, matchers: [alertname="Busy"], target: any, up: 1}, {name: busy pool, matchers: [alertname="Busy"], target: pool, up: 1}]
`), config.LoadOptions{})
	require.NoError(t, err)
	pool := file.Rules.Targets["pool"]
	ref, _ := pool.Ref()
	all, err := parseCounts(file.Rules, []string{`pool=count(up{job="x"})`, ref.String() + `=sum(x{a="b"} == 1)`, "any=x", "sim:cart=y"})
	require.NoError(t, err)
	require.Contains(t, ref.String(), "=")
	require.Equal(t, []string{ref.String(), ref.String(), "", "sim:cart"}, []string{all[0].ref, all[1].ref, all[2].ref, all[3].ref})
	require.Equal(t, file.Rules.Targets["any"], all[2].of)
	require.Equal(t, []string{`count(up{job="x"})`, `sum(x{a="b"} == 1)`, "x", "y"}, []string{all[0].expr, all[1].expr, all[2].expr, all[3].expr})
}

// TestLine: what is recorded is read as what it is made of.
func TestLine(t *testing.T) {
	labels := rules.Labels{{Name: "alertname", Value: "Busy"}, {Name: "app", Value: "web"}}
	e := &rules.Event{
		Receiver: "team.alertscale", GroupKey: `{}:{alertname="Busy"}`, Truncated: 2, GroupLabels: labels[:1], CommonLabels: labels[:1],
		Alerts: []rules.Alert{
			{Fingerprint: "0000000000000001", Labels: labels, StartsAt: now},
			{Fingerprint: "0000000000000002", Labels: labels[:1], StartsAt: now, EndsAt: now.Add(time.Minute), Resolved: true},
		},
	}
	l := line(&backtest.Notification{At: now, Event: e})
	require.Equal(t, now, l.At)
	require.Contains(t, string(l.Payload), `"status":"firing","alerts":[`)
	got, err := webhook.Decode(l.Payload)
	require.NoError(t, err)
	require.Equal(t, `team\.alertscale`, got.Receiver, "Alertmanager writes it so that it is a regular expression")
	got.Receiver = e.Receiver
	for i := range got.Alerts {
		require.Empty(t, got.Alerts[i].Annotations)
		got.Alerts[i].Annotations = nil
	}
	got.CommonAnnotations = nil
	require.Equal(t, e, got)

	e.Alerts = e.Alerts[1:]
	require.Contains(t, string(line(&backtest.Notification{At: now, Event: e}).Payload), `"status":"resolved","alerts":[`)
}
