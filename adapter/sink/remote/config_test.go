package remote

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/rules/engine"
)

func TestReadConfig(t *testing.T) {
	all := parse(t, `
  - {type: webhook, url: 'https://events.example/in?a=b'}
  - {name: dash, type: grafana, url: 'http://grafana:3000/', queue: 5, verdicts: [scaled, dry_run]}
  - {type: grafana, url: 'http://proxy/grafana/api/annotations'}
  - {type: webhook, url: 'https://events.example/in?a=b', name: again}
`)
	require.Equal(t, []string{"webhook-0", "dash", "grafana-2", "again"}, []string{all[0].Name, all[1].Name, all[2].Name, all[3].Name})
	require.Equal(t, "https://events.example/in?a=b", all[0].URL)
	require.Equal(t, "http://grafana:3000/api/annotations", all[1].URL)
	require.Equal(t, "http://proxy/grafana/api/annotations", all[2].URL)
	require.Equal(t, []int{1000, 5}, []int{all[0].Queue, all[1].Queue})
	require.Equal(t, []engine.Verdict{engine.Scaled, engine.DryRun}, all[1].Verdicts)
	require.True(t, all[1].dryRuns() && !all[0].dryRuns())
	require.Equal(t, []int{3, 4}, []int{all[0].Line, all[1].Line})
}

// TestUsual: each verdict is told, or waits, or is a dry run, or is nothing new.
func TestUsual(t *testing.T) {
	require.ElementsMatch(t, engine.Verdicts(), append(usual(),
		engine.Cooling, engine.Held, engine.Paused, engine.Stabilizing, engine.Limited, engine.Muted, engine.NotReady, engine.DryRun, engine.Duplicate))
}

func TestOpen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	open := func(token string) (Destination, error) {
		require.NoError(t, os.WriteFile(file, []byte(token), 0o600))
		return Open(Config{TokenFile: file})
	}
	d, err := open("\ufeffglsa_1\r\n")
	require.NoError(t, err)
	require.Equal(t, "glsa_1", d.token)
	for token, want := range map[string]string{
		" \n": "holds 0 words; want nothing but the token", "Bearer hunter2": "holds 2 words", "hunter2é": "holds what no header can",
	} {
		_, err = open(token)
		require.ErrorContains(t, err, "token_file: "+file+" "+want)
		require.NotContains(t, err.Error(), "hunter2")
	}
	_, err = Open(Config{TokenFile: file + "x"})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "token_file: ")
}
