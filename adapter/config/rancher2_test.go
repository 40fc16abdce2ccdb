package config

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/driver/rancher2"
)

const pools = `
targets:
  workers: {driver: prod, kind: machinePool, namespace: prod, name: workers, min: 2, max: 10}
  nodes: {driver: prod, kind: nodePool, namespace: '{{ .Labels.cluster }}', name: '{{ .Labels.pool }}', max: 5}
rules:
  - {name: busy, matchers: [a=b], target: workers, up: 1}
  - {name: nodes are busy, matchers: [a=c], target: nodes, up: 1}
`

func TestRancher2(t *testing.T) {
	f, err := Parse("x.yml", []byte("drivers: {prod: {type: rancher2, timeout: 5s, url: 'https://r/v3', token: 'token-abcde:hunter2'}}"+pools), LoadOptions{})
	require.NoError(t, err)
	require.Equal(t, rancher2.Config{URL: "https://r/v3", Token: "token-abcde:hunter2"}, f.Drivers["prod"].Config)
	require.Equal(t, 5*time.Second, f.Drivers["prod"].Timeout)
	ref, _ := f.Rules.Targets["workers"].Ref()
	require.Equal(t, "prod:machinePool/prod/workers", ref.String())
	require.NotContains(t, f.Text(), "hunter2")
	require.Contains(t, f.Text(), "token: <secret>")
	c, err := Connect(f, nil, Options{})
	require.NoError(t, err)
	require.IsType(t, &rancher2.Driver{}, c.Driver("prod"))

	f, err = Parse("x.yml", []byte("drivers:\n  prod: {type: rancher2, url: 'https://r', token_file: /nonexistent}"+pools), LoadOptions{})
	require.NoError(t, err)
	_, err = Connect(f, nil, Options{})
	require.EqualError(t, err, "x.yml:2: drivers.prod: token_file: open /nonexistent: no such file or directory")
}
