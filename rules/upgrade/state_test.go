package upgrade

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files again")

// TestStored: what is stored is a schema of its own, and what an earlier version stored can be read.
func TestStored(t *testing.T) {
	last, next := pushOf("1.2", digestA), pushOf("1.3", "")
	s := state{
		Push: &next, Number: 7, At: noon, Found: true,
		Workloads: []*workload{
			{Ref: refOf("a"), Open: true, Number: 6, Applied: &last},
			{Ref: refOf("b"), Intent: &intent{
				Push: last, Number: 6, At: noon, Images: []Container{{"app", "acme/web:1.2"}}, Steps: []string{"app: 1.1 → 1.2"}, Restart: true, Before: "5", Finish: true, Taken: true,
			}, Tried: []*intent{{Push: last, Number: 5, At: noon, Images: []Container{{"app", "acme/web:1.1"}}, Finish: true}}},
		},
	}
	const golden = "testdata/state-v1.json"
	var text bytes.Buffer
	require.NoError(t, json.Indent(&text, s.encode("web"), "", "  "))
	if *update {
		require.NoError(t, os.WriteFile(golden, append(text.Bytes(), '\n'), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), text.String()+"\n")
	name, got, err := decode(want)
	require.NoError(t, err)
	require.Equal(t, "web", name)
	require.Equal(t, s, got)

	require.Nil(t, (&state{}).encode("web"))
	_, _, err = decode([]byte(`{"version": 2, "upgrade": "web"}`))
	require.EqualError(t, err, `what is stored of upgrade "web" is of version 2, and this alertscale knows 1; use the one that wrote it, or a later one`)
	_, err = Restore([]byte("{"))
	require.ErrorContains(t, err, "no state of an upgrade")
}
