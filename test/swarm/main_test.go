// Package swarm tests the driver of Docker Swarm, and alertscale with it, on a real Docker engine that is the
// one manager of a swarm of one node. Where there is no engine, and none can be installed, the tests are
// skipped, and say why.
package swarm

import (
	"os"
	"testing"

	"alertscale/test/stack"
)

// What the tests share: an engine, or why there is none.
var (
	engine *docker
	absent error
)

func TestMain(m *testing.M) {
	os.Exit(stack.Main(m, func(t stack.T) {
		if absent = available(); absent != nil {
			notTested("Docker Swarm", absent)
			return
		}
		engine = startDocker(t)
	}))
}

// swarm returns the engine, and skips a test where there is none.
func swarm(t *testing.T) *docker {
	t.Helper()
	if absent != nil {
		t.Skipf("NOT TESTED on a real swarm: %v", absent)
	}
	return engine
}
