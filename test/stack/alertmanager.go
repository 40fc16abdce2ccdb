package stack

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// An AlertmanagerServer groups alerts and notifies.
type AlertmanagerServer struct {
	*Process
	Address string // host:port
	URL     string
	config  string
}

// AlertmanagerOptions say how an Alertmanager is to be.
type AlertmanagerOptions struct {
	Version Component // Alertmanager, the default, or Alertmanager027.
	Config  string    // The whole file; WebhookConfig makes a simple one.
	Args    []string
}

// StartAlertmanager starts an Alertmanager by itself.
func StartAlertmanager(t T, o AlertmanagerOptions) *AlertmanagerServer {
	t.Helper()
	return startAlertmanager(t, o, "--cluster.listen-address=")
}

// StartAlertmanagers starts n Alertmanagers that are one cluster.
func StartAlertmanagers(t T, n int, o AlertmanagerOptions) []*AlertmanagerServer {
	t.Helper()
	peers := make([]string, n)
	for i := range peers {
		peers[i] = address(FreePort(t))
	}
	all := make([]*AlertmanagerServer, n)
	for i := range all {
		args := []string{"--cluster.listen-address=" + peers[i], "--cluster.advertise-address=" + peers[i]}
		for j, peer := range peers {
			if j != i {
				args = append(args, "--cluster.peer="+peer)
			}
		}
		all[i] = startAlertmanager(t, o, args...)
	}
	return all
}

func startAlertmanager(t T, o AlertmanagerOptions, cluster ...string) *AlertmanagerServer {
	t.Helper()
	if o.Version == "" {
		o.Version = Alertmanager
	}
	dir, listen := t.TempDir(), address(FreePort(t))
	am := &AlertmanagerServer{Address: listen, URL: "http://" + listen, config: filepath.Join(dir, "alertmanager.yml")}
	must(t, os.WriteFile(am.config, []byte(o.Config), 0o644))
	args := []string{
		"--config.file=" + am.config,
		"--storage.path=" + filepath.Join(dir, "data"),
		"--web.listen-address=" + listen,
		"--web.external-url=" + am.URL,
	}
	args = append(append(args, cluster...), o.Args...)
	am.Process = start(t, spec{
		name:  alertmanagerProgram,
		path:  program(t, o.Version, alertmanagerProgram),
		dir:   dir,
		args:  args,
		ready: answers(http.DefaultClient, am.URL+"/-/ready"),
	})
	return am
}

// WebhookConfig returns a configuration that notifies URLs, with groups by
// alertname and cluster-less haste: a second before a group's first
// notification and between those of its changes, an hour before a repeat.
// More lines for the route, such as "repeat_interval: 5s", take the place of
// these.
func WebhookConfig(urls []string, route ...string) string {
	lines := map[string]string{
		"receiver": "test", "group_by": "[alertname]",
		"group_wait": "1s", "group_interval": "1s", "repeat_interval": "1h",
	}
	for _, line := range route {
		key, value, _ := strings.Cut(line, ":")
		lines[key] = strings.TrimSpace(value)
	}
	var b strings.Builder
	b.WriteString("route:\n")
	for key, value := range lines {
		fmt.Fprintf(&b, "  %s: %s\n", key, value)
	}
	b.WriteString("receivers:\n- name: test\n  webhook_configs:\n")
	for _, url := range urls {
		fmt.Fprintf(&b, "  - url: %q\n", url)
	}
	return b.String()
}

// Reload puts another configuration in the place of the one it has.
func (am *AlertmanagerServer) Reload(t T, config string) {
	t.Helper()
	must(t, os.WriteFile(am.config, []byte(config), 0o644))
	am.call(t, http.MethodPost, "/-/reload", nil, nil)
}
