package swarm

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alertscale/test/chart"
	"alertscale/test/shipped"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the drawing of examples/dockercoins")

const drawing = "dockercoins/coins.svg"

// draw draws what was seen, into the README's drawing where that is asked for.
func (c *coins) draw(t *testing.T, on, off time.Time) {
	t.Helper()
	end := time.Now()
	text := chart.Chart{
		Title: "dockercoins: coins a second, and its containers, before, under and after load",
		End:   end.Sub(on).Seconds(),
		Bands: []chart.Band{{Name: "load", From: 0, To: off.Sub(on).Seconds()}},
		Panels: []chart.Panel{
			{Title: "coins a second", Lines: []chart.Line{
				{Name: "wanted", Dashed: true, Steps: true, Points: []chart.Point{{At: 0, Value: coinsWanted}, {At: off.Sub(on).Seconds(), Value: 0}}},
				{Name: "made (mean of 5 s)", Points: smooth(after(on, c.made()), 5)},
			}},
			{Title: "containers", Lines: []chart.Line{
				{Name: "worker", Steps: true, Points: after(on, c.workers.all())},
				{Name: "rng", Steps: true, Points: after(on, c.rngs.all())},
			}},
		},
	}.SVG()
	require.NoError(t, wellFormed(text))
	if *update {
		require.NoError(t, os.WriteFile(filepath.Join(shipped.Dir, drawing), []byte(text), 0o644))
	}
	require.NoError(t, wellFormed(shipped.File(t, drawing)))
	require.Contains(t, shipped.File(t, "dockercoins/README.md"), "](coins.svg)")
}

// made is the coins a second, as they were watched.
func (c *coins) made() []point {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]point{}, c.rates...)
}

// after returns points with their times counted from one. What was there before is there from then on.
func after(on time.Time, points []point) (all []chart.Point) {
	for _, p := range points {
		all = append(all, chart.Point{At: max(0, p.at.Sub(on).Seconds()), Value: p.value})
	}
	return all
}

// smooth returns the means of the last n values.
func smooth(points []chart.Point, n int) []chart.Point {
	all := make([]chart.Point, len(points))
	for i, p := range points {
		some := points[max(0, i+1-n) : i+1]
		sum := 0.0
		for _, s := range some {
			sum += s.Value
		}
		all[i] = chart.Point{At: p.At, Value: sum / float64(len(some))}
	}
	return all
}

func wellFormed(text string) error {
	for decoder := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
