package stack

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const waitLong = time.Minute

func TestAlertmanagerNotifies(t *testing.T) {
	t.Parallel()
	for _, version := range []Component{Alertmanager, Alertmanager027} {
		t.Run(string(version), func(t *testing.T) {
			receiver := StartReceiver(t)
			am := StartAlertmanager(t, AlertmanagerOptions{Version: version, Config: WebhookConfig([]string{receiver.URL})})
			alert := Alert{Labels: map[string]string{"alertname": "Busy", "pod": "a"}}
			am.Post(t, alert)
			first := receiver.Wait(t, 1, waitLong)[0]
			require.Equal(t, "4", first.Version)
			require.Equal(t, "firing", first.Status)
			require.Equal(t, alert.Labels, first.Alerts[0].Labels)
			require.Equal(t, version == Alertmanager, first.Reason != "", "%s", first.Body)

			alert.EndsAt = time.Now()
			am.Post(t, alert)
			require.Equal(t, "resolved", receiver.Wait(t, 2, waitLong)[1].Status)
		})
	}
}

func TestAlertmanagerSilences(t *testing.T) {
	t.Parallel()
	receiver := StartReceiver(t)
	am := StartAlertmanager(t, AlertmanagerOptions{Config: WebhookConfig([]string{receiver.URL})})
	silence := am.Silence(t, time.Hour, Equal("alertname", "Quiet"))
	am.Post(t, Alert{Labels: map[string]string{"alertname": "Quiet"}}, Alert{Labels: map[string]string{"alertname": "Loud"}})
	receiver.Wait(t, 1, waitLong)
	require.Len(t, receiver.Notifications(), 1)
	require.Equal(t, "Loud", receiver.Notifications()[0].Alerts[0].Labels["alertname"])
	am.Expire(t, silence)
	require.Equal(t, "Quiet", receiver.Wait(t, 2, waitLong)[1].Alerts[0].Labels["alertname"])
}

func TestAlertmanagersOfAClusterNotifyOnce(t *testing.T) {
	t.Parallel()
	receiver := StartReceiver(t)
	all := StartAlertmanagers(t, 2, AlertmanagerOptions{
		Config: WebhookConfig([]string{receiver.URL}),
		Args:   []string{"--cluster.peer-timeout=3s"},
	})
	Eventually(t, waitLong, func() error {
		if n := all[1].Peers(t); n != 2 {
			return fmt.Errorf("cluster of %d", n)
		}
		return nil
	})
	for _, am := range all {
		am.Post(t, Alert{Labels: map[string]string{"alertname": "Busy"}})
	}
	receiver.Wait(t, 1, waitLong)
	time.Sleep(5 * time.Second) // The second waits for the first 3 s.
	require.Len(t, receiver.Notifications(), 1)
}

func TestAlertmanagerReloads(t *testing.T) {
	t.Parallel()
	old, next := StartReceiver(t), StartReceiver(t)
	am := StartAlertmanager(t, AlertmanagerOptions{Config: WebhookConfig([]string{old.URL})})
	am.Reload(t, WebhookConfig([]string{next.URL}, "group_wait: 0s"))
	am.Post(t, Alert{Labels: map[string]string{"alertname": "Busy"}})
	next.Wait(t, 1, waitLong)
	require.Empty(t, old.Notifications())
}

func TestAmtoolChecks(t *testing.T) {
	t.Parallel()
	for _, version := range []Component{Alertmanager, Alertmanager027} {
		dir := t.TempDir()
		writeFile(t, dir, "config.yml", WebhookConfig([]string{"http://127.0.0.1:1/"}))
		out, err := Run(t, dir, version, "amtool", "check-config", "config.yml")
		require.NoError(t, err, out)
		require.Contains(t, out, "SUCCESS")
	}
}

func TestAlertmanagerSeemsOlder(t *testing.T) {
	t.Parallel()
	am := StartAlertmanager(t, AlertmanagerOptions{Config: WebhookConfig([]string{StartReceiver(t).URL})})
	proxy := StartProxy(t, am.URL)
	status := func() (answer struct {
		Uptime      time.Time
		VersionInfo struct{ Version string }
	}) {
		(&AlertmanagerServer{URL: proxy.URL}).call(t, http.MethodGet, "/api/v2/status", nil, &answer)
		return answer
	}
	first := status()
	aged := proxy.Age(am, time.Hour)
	require.Equal(t, first.Uptime.Add(-time.Hour), status().Uptime)
	require.NotEmpty(t, first.VersionInfo.Version)
	require.Equal(t, first.VersionInfo, status().VersionInfo)
	aged.Remove()
	require.Equal(t, first, status())
}
