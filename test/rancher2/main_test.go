// Package rancher2 runs alertscale on Rancher 2: on real API servers behind a stand-in for Rancher, which they
// are reached through. There are no controllers, so nobody but the tests and alertscale changes anything.
package rancher2

import (
	"os"
	"testing"
	"time"

	"alertscale/test/shipped"
	"alertscale/test/stack"
)

const wait = time.Minute // for what is sure to come

// What the tests share: an API server, to be registered with a Rancher of each test as one of its clusters.
// Each test has namespaces of its own there.
var (
	api   *stack.APIServer
	admin *stack.Client
	token string // of the account that alertscale's requests are made in the name of, with the role of the examples
)

func TestMain(m *testing.M) {
	os.Exit(stack.Main(m, func(t stack.T) {
		api = stack.StartAPIServer(t, stack.APIServerOptions{})
		admin = stack.NewClient(t, api.Kubeconfig(t, stack.Admin))
		token = shipped.Account(t, api)
	}))
}
