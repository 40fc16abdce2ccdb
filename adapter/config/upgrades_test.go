package config

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/rules"
)

const upgrading = `
hooks: {push: {token_file: token}}
drivers: {kubernetes: {}, legacy: {type: rancher, url: 'http://r'}}
upgrades:
  - {name: web, hook: push, image: docker.io/acme/web, tag: '1\..*', driver: kubernetes, kind: Deployment, namespace: shop, container: app}
  - name: all of them
    hook: push
    image: docker.io/acme/*
    tag: latest
    driver: legacy
    selector: {tier: web, app: shop}
    batch: 2
    interval: 500ms
    start_first: true
    dry_run: true
`

// TestUpgrades: a file may have upgrades alone, and what it says of them is read.
func TestUpgrades(t *testing.T) {
	f, err := Parse("x.yml", []byte(upgrading), LoadOptions{})
	require.NoError(t, err)
	require.Len(t, f.Upgrades, 2)
	one, ok := f.Upgrades[0].Ref()
	require.True(t, ok)
	require.Equal(t, "kubernetes:Deployment/shop/web", one.String(), "the workload is called as the upgrade is")
	require.Equal(t, "app", f.Upgrades[0].Container)
	require.Zero(t, f.Upgrades[0].Pace)
	all := f.Upgrades[1]
	_, ok = all.Ref()
	require.False(t, ok)
	require.Equal(t, rules.Labels{{Name: "app", Value: "shop"}, {Name: "tier", Value: "web"}}, all.Where.Selector)
	require.Equal(t, 2, all.Pace.Batch)
	require.Equal(t, 500*time.Millisecond, *all.Pace.Interval)
	require.True(t, *all.Pace.StartFirst && all.DryRun && !f.Upgrades[0].DryRun)

	nothing := rules.Ref{Driver: "kubernetes", Kind: "Deployment", Namespace: "shop", Name: "web"}
	require.Nil(t, f.Rules.Owner(nothing, "web"))
	require.False(t, f.Rules.WaitsReady(nothing))
	_, _, group := f.Rules.Group(nothing)
	require.False(t, group)
	m := f.Rules.Match(&rules.Event{Alerts: []rules.Alert{{Labels: rules.Labels{{Name: "alertname", Value: "Busy"}}}}})
	require.Len(t, m.Unmatched, 1)
	_, warnings, err := LintText("x.yml", []byte(upgrading), LoadOptions{})
	require.NoError(t, err)
	require.Empty(t, warnings)

	f, err = Parse("x.yml", []byte(upgrading), LoadOptions{DryRun: true})
	require.NoError(t, err)
	require.True(t, f.Upgrades[0].DryRun, "the process's dry run is every upgrade's")
	_, err = Parse("x.yml", []byte(upgrading+"targets: {}\n"), LoadOptions{})
	require.ErrorContains(t, err, "rules are missing")
}
