package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"alertscale/adapter/config"
	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

// TestExamplesHoldBack: in each shipped file what stands for any workload is a dry run, and none of it is alertscale itself.
func TestExamplesHoldBack(t *testing.T) {
	for file, own := range map[string][]string{
		"alertscale.yml":                  {"namespace=monitoring", "deployment=alertscale"},
		"rancher/rancher2/alertscale.yml": {"namespace=cattle-monitoring-system", "deployment=alertscale"},
		"rancher/alertscale.yml":          {"stack=alertscale", "service=alertscale"},
		"swarm/alertscale.yml":            {"service=alertscale_alertscale"},
	} {
		t.Run(file, func(t *testing.T) {
			path := filepath.Join("../../examples", file)
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			read, err := config.Parse(path, text, config.LoadOptions{})
			require.NoError(t, err)
			families := 0
			for _, target := range read.Rules.Targets {
				if _, fixed := target.Ref(); !fixed {
					families++
					require.True(t, target.DryRun, target.Name)
				}
			}
			require.Equal(t, 1, families)
			require.Empty(t, matched(read.Rules, append(own, "alertname="+busy(file))...), "alertscale itself")
			require.NotEmpty(t, matched(read.Rules, "alertname="+busy(file), "namespace=shop", "deployment=cart", "stack=shop", "service=shop_cart"))
		})
	}
}

// busy is the alert of a shipped file about a workload that is busy.
func busy(file string) string {
	if file == "alertscale.yml" || strings.Contains(file, "rancher2") {
		return "DeploymentBusy"
	}
	return "ServiceBusy"
}

// matched returns the refs that an alert with such labels touches.
func matched(set *rules.Set, labels ...string) []*rules.RefAlerts {
	alert := rules.Alert{Fingerprint: "1"}
	for _, label := range labels {
		name, value, _ := strings.Cut(label, "=")
		alert.Labels = append(alert.Labels, rules.Label{Name: name, Value: value})
	}
	m := set.Match(&rules.Event{Alerts: []rules.Alert{alert}})
	return m.Refs
}

// TestExamplesReach: each shipped alert reaches a rule, by files and by the operator's manifests of them.
func TestExamplesReach(t *testing.T) {
	const operator = "../../examples/kubernetes/operator/"
	for name, o := range map[string]CheckOptions{
		"files":    {Alertmanager: []string{"../../examples/config.yml"}, Rules: []string{"../../examples/rules.conf"}},
		"operator": {Alertmanager: []string{operator + "alertmanagerconfig.yaml"}, Rules: []string{operator + "prometheusrule.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			o.Files, o.LintFails = []string{"../../examples/alertscale.yml"}, true
			var out strings.Builder
			require.Zero(t, Check(&out, &out, o), out.String())
			require.Contains(t, out.String(), "SUCCESS: 1 driver, 2 targets, 4 rules found; 2 of 2 alerts reach a rule")
		})
	}
}
