package chart

import (
	"encoding/xml"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite testdata")

// TestSVG compares a drawing with testdata/small.svg, and reads it as XML.
func TestSVG(t *testing.T) {
	got := Chart{
		Title: `coins & "workers"`, End: 100, Bands: []Band{{Name: "load", From: 0, To: 60}},
		Panels: []Panel{
			{Title: "coins a second", Lines: []Line{
				{Name: "made", Points: []Point{{0, 0}, {10, 2.5}, {20, 9.5}, {100, 0}}},
				{Name: "wanted", Dashed: true, Steps: true, Points: []Point{{0, 10}, {60, 0}}},
			}},
			{Title: "containers <running>", Lines: []Line{
				{Name: "worker", Steps: true, Points: []Point{{0, 1}, {10, 2}, {80, 1}}},
				{Name: "rng", Steps: true, Points: []Point{{0, 1}}},
				{Name: "none"},
			}},
		},
	}.SVG()
	if *update {
		require.NoError(t, os.WriteFile("testdata/small.svg", []byte(got), 0o644))
	}
	want, err := os.ReadFile("testdata/small.svg")
	require.NoError(t, err)
	require.Equal(t, string(want), got)

	decoder := xml.NewDecoder(strings.NewReader(got))
	for err == nil {
		_, err = decoder.Token()
	}
	require.ErrorIs(t, err, io.EOF)
	require.Contains(t, got, "V298.0H604.8V373.0", "from 2 to 1 at 80 s")
}

func TestNice(t *testing.T) {
	for least, want := range map[float64]float64{0.1: 1, 1: 1, 1.1: 2, 2.5: 5, 6: 10, 13: 20, 30: 50, 60: 100} {
		require.Equal(t, want, nice(least), "%g", least)
	}
}
