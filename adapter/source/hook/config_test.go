package hook

import (
	"testing"
	"time"

	"alertscale/rules/yamldoc"

	"github.com/stretchr/testify/require"
)

// read returns the block of a hook, and what is wrong with it.
func read(t *testing.T, text string) (Config, error) {
	t.Helper()
	doc, root := yamldoc.Parse("alertscale.yml", []byte(text))
	require.NoError(t, doc.Err())
	return ReadConfig("deploy", root), doc.Err()
}

func TestReadConfigOfHowLongItFires(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"token_file: t":                        5 * time.Minute,
		"{token_file: t, for: 1h30m}":          90 * time.Minute,
		"{token_file: t, keep_firing_for: 2m}": 2 * time.Minute,
	} {
		c, err := read(t, text)
		require.NoError(t, err, text)
		require.Equal(t, want, c.For, text)
	}
}

func TestReadConfigFaults(t *testing.T) {
	const above0 = ": want more than 0s: for as long as this, the hook's alert fires"
	for text, want := range map[string]string{
		"{token_file: t, keep_firing_for: 0s}":        "alertscale.yml:1: keep_firing_for" + above0,
		"{token_file: t, for: 0s}":                    "alertscale.yml:1: for" + above0,
		"{token_file: t, keep_firing_for: 2m}\n":      "",
		"token_file: t\nkeep_firing_for: 2m\nfor: 2m": "alertscale.yml:3: for: is another name of keep_firing_for, which is there, too; keep one of them",
		"{token_file: '', for: 1m}":                   "alertscale.yml:1: token_file: is empty",
		"{token_file: , for: 1m}":                     "alertscale.yml:1: token_file: is empty, want a single value",
		"{token_file: t, keep_fireing_for: 1m}":       `alertscale.yml:1: unknown key "keep_fireing_for", did you mean "keep_firing_for"?`,
	} {
		_, err := read(t, text)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, want)
	}
}
