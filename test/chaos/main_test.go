// Package chaos tests what alertscale does when things go wrong: it is killed, the API server goes
// away, answers are lost, others change the same counts, files are bad. It is a process of its own, on
// a real API server, under the account and the role that examples/kubernetes ships. There are no
// controllers, so nobody but the tests and alertscale changes anything.
package chaos

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"alertscale/test/shipped"
	"alertscale/test/stack"
)

const (
	wait  = time.Minute     // for what is sure to come
	quiet = 2 * time.Second // for what must not come; alertscale tries again after at most one, at first
)

// What the tests share. Each has a namespace of its own.
var (
	api   *stack.APIServer
	admin *stack.Client
	token string // of alertscale's account

	cleanUp func(func()) // after the last test
)

var seed = flag.Uint64("seed", 0, "of the random tests; 0: another one each time")

func TestMain(m *testing.M) {
	flag.Parse()
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	os.Exit(stack.Main(m, func(t stack.T) {
		api = stack.StartAPIServer(t, stack.APIServerOptions{})
		cleanUp = t.Cleanup
		admin = stack.NewClient(t, api.Kubeconfig(t, stack.Admin))
		token = shipped.Account(t, api)
	}))
}

// account returns a kubeconfig of alertscale's account.
func account(t *testing.T) string { return stack.WriteKubeconfig(t, api.URL, api.CA, token) }

// accountVia is account by way of a proxy.
func accountVia(t *testing.T, proxy *stack.Proxy) string {
	return stack.WriteKubeconfig(t, proxy.URL, api.CA, token)
}

// A shop is a namespace of one test.
type shop string

var shops atomic.Int32

// newShop makes a namespace with Deployments of one count.
func newShop(t *testing.T, count int, names ...string) shop {
	t.Helper()
	s := shop(fmt.Sprint("shop-", shops.Add(1)))
	admin.CreateNamespace(t, string(s))
	for _, name := range names {
		admin.Apply(t, stack.Deployment(string(s), name, count))
	}
	return s
}

// object names a Deployment of the shop.
func (s shop) object(name string) stack.Object {
	return stack.Object{Kind: "Deployment", Namespace: string(s), Name: name}
}

// ref is what alertscale calls a Deployment of the shop.
func (s shop) ref(name string) string { return "kubernetes:" + s.object(name).String() }

// anyDeployment is a file under which an alert Busy takes a step up of the Deployment that its labels
// name, and Idle one down, without a cooldown.
const anyDeployment = `
targets:
  any:
    driver: kubernetes
    kind: Deployment
    namespace: '{{ .Labels.namespace }}'
    name: '{{ .Labels.deployment }}'
    max: 10000
    cooldown: 0s
rules:
  - {name: busy, matchers: ['alertname="Busy"'], target: any, up: 1}
  - {name: idle, matchers: ['alertname="Idle"'], target: any, down: 1}
`
