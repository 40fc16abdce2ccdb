package swarm

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// asProcesses is how the roles run where there are no containers to run them in. Otherwise it is tried by hand.
var asProcesses = flag.Bool("dockercoins.processes", false, "run the roles of dockercoins as processes")

// TestDockercoins runs examples/dockercoins by its one command, five times as fast as it is shipped: on a real swarm, with a
// real Prometheus, Alertmanager and alertscale. With load on, workers and rngs come, within their bounds and without a step
// back, until as many coins are made as are wanted. With the load off, all goes back to where it was.
//
// Where no stack can be deployed it says so, and runs the roles as processes, as many as the services of the swarm count.
func TestDockercoins(t *testing.T) {
	d := swarm(t)
	var c *coins
	switch err := networks(); {
	case *asProcesses:
		c = startCoinProcesses(t, d)
	case err != nil:
		t.Log(notTested("the containers of examples/dockercoins, which are processes here", err))
		c = startCoinProcesses(t, d)
	default:
		coinImages(t, d)
		c = startCoins(t, d)
	}
	on := time.Now()
	c.loadOn(t)
	off := time.Now()
	c.loadOff(t)
	c.told(t)
	c.draw(t, on, off)
}

// loadOn waits for the coins that are wanted.
func (c *coins) loadOn(t *testing.T) {
	t.Helper()
	stack.Eventually(t, 3*time.Minute, func() error {
		if rate := c.rate(10 * time.Second); rate < 0.9*coinsWanted {
			return fmt.Errorf("%.1f coins a second, want %d\n%s", rate, coinsWanted, c)
		}
		return nil
	})
	// Longer than restore waits: enough coins are no reason to go back.
	time.Sleep(20 * time.Second)
	workers, rngs := c.workers.counts(), c.rngs.counts()
	require.Equal(t, []int{1, 1}, []int{workers[0], rngs[0]})
	require.Subset(t, workers, []int{2, 3}, "by half, at least by one")
	require.IsIncreasing(t, workers)
	require.IsIncreasing(t, rngs)
	require.GreaterOrEqual(t, last(rngs), 2)
	require.LessOrEqual(t, last(workers), 10)
	require.LessOrEqual(t, last(rngs), 5)
}

// loadOff takes the load off, and waits for what there was before.
func (c *coins) loadOff(t *testing.T) {
	t.Helper()
	// What was felt is felt for a moment longer: the rates are of the last seconds, and alerts keep firing.
	c.load(t, "0")
	settled := time.Now().Add(15 * time.Second)
	stack.Eventually(t, 2*time.Minute, func() error {
		if time.Now().Before(settled) || last(c.workers.counts()) != 1 || last(c.rngs.counts()) != 1 {
			return fmt.Errorf("workers %v, rngs %v", c.workers.counts(), c.rngs.counts())
		}
		return nil
	})
	time.Sleep(quiet)
	for _, l := range []*timeline{c.workers, c.rngs} {
		require.Equal(t, 1, last(l.counts()))
		if down := l.since(settled); len(down) > 1 {
			require.IsDecreasing(t, down)
		}
	}
	require.Zero(t, c.rate(quiet))
}

// told checks that alertscale's log tells why, and that all of it was by these rules.
func (c *coins) told(t *testing.T) {
	t.Helper()
	log := c.log(t)
	require.NotContains(t, log, "level=error")
	for _, want := range []string{
		`ref=swarm:service/dockercoins_worker target=worker rule="coins are short" verdict=scaled from=1 to=2 why="1 alert fires; up 50%: 1 → 2"`,
		`ref=swarm:service/dockercoins_rng target=rng rule="rng is slow" verdict=scaled from=1 to=2 why="1 alert fires; up 1: 1 → 2"`,
		`ref=swarm:service/dockercoins_worker target=worker rule=restore verdict=scaled`,
	} {
		require.Contains(t, log, want)
	}
	require.LessOrEqual(t, len(c.workers.counts())+len(c.rngs.counts())-2, strings.Count(log, "verdict=scaled"), "nobody else changed a count\n%s", log)
}

// hastyCoins returns the files of the stack, five times as fast.
func hastyCoins(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for name, durations := range map[string]int{"swarm/prometheus.yml": 3, "rules.conf": 8, "config.yml": 3, "swarm/alertscale.yml": 10} {
		files[name] = shipped.FasterBy(t, 5, shipped.File(t, "dockercoins/"+name), durations)
	}
	return files
}
