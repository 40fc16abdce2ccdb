// Package scenarios tests what alertscale is for on the real programs, as a process of its own, under
// the account and the role that examples/kubernetes ships.
package scenarios

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

const (
	wait  = time.Minute     // for what is sure to come
	quiet = 3 * time.Second // for what must not come
)

// What the tests share. Each has namespaces of its own in the cluster.
var (
	cluster *stack.Cluster
	token   string // of alertscale's account
)

func TestMain(m *testing.M) {
	os.Exit(stack.Main(m, func(t stack.T) {
		cluster = stack.StartCluster(t)
		token = shipped.Account(t, cluster.API)
	}))
}

// account returns a kubeconfig of alertscale's account.
func account(t *testing.T) string {
	return stack.WriteKubeconfig(t, cluster.API.URL, cluster.API.CA, token)
}

// accountVia is account by way of a proxy, which tells what was asked of the API server.
func accountVia(t *testing.T, proxy *stack.Proxy) string {
	return stack.WriteKubeconfig(t, proxy.URL, cluster.API.CA, token)
}

// deployments makes Deployments of a namespace and waits until their pods are ready.
func deployments(t *testing.T, namespace string, counts map[string]int) {
	t.Helper()
	for name, n := range counts {
		cluster.Client.Apply(t, stack.Deployment(namespace, name, n))
	}
	for name, n := range counts {
		cluster.Client.WaitReady(t, deployment(namespace, name), n, wait)
	}
}

func deployment(namespace, name string) stack.Object {
	return stack.Object{Kind: "Deployment", Namespace: namespace, Name: name}
}

// logged returns the lines of alertscale's log that contain all the texts.
func logged(a *stack.Alertscale, texts ...string) []string {
	var found []string
	for line := range strings.Lines(a.Log()) {
		all := true
		for _, s := range texts {
			all = all && strings.Contains(line, s)
		}
		if all {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// waitLogged waits for a line of alertscale's log that contains all the texts, and returns the first.
func waitLogged(t *testing.T, a *stack.Alertscale, texts ...string) string {
	t.Helper()
	var lines []string
	require.Eventually(t, func() bool {
		lines = logged(a, texts...)
		return len(lines) > 0
	}, wait, 100*time.Millisecond, "no line with %q", texts)
	return lines[0]
}

// scaled returns the lines of the log that tell of a change.
func scaled(a *stack.Alertscale) []string { return logged(a, "msg=decision", "verdict=scaled") }

// scaleRequest matches requests about the scale of a workload.
func scaleRequest(r stack.Request) bool { return strings.HasSuffix(r.Path, "/scale") }

// waitActive waits until the rules that are active for a ref are those named, in this order.
func waitActive(t *testing.T, a *stack.Alertscale, ref string, rules ...string) {
	t.Helper()
	var answer struct {
		Data []struct {
			Ref    string
			Active []struct{ Rule string }
		}
	}
	stack.Eventually(t, patience(), func() error {
		_, body := a.Get(t, "/api/v1/targets")
		answer.Data = nil
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			return fmt.Errorf("%w: %s", err, body)
		}
		var active []string
		for _, target := range answer.Data {
			for _, rule := range target.Active {
				if target.Ref == ref {
					active = append(active, rule.Rule)
				}
			}
		}
		if !slices.Equal(active, rules) {
			return fmt.Errorf("%s: active rules are %q, want %q", ref, active, rules)
		}
		return nil
	})
}

// testdata returns the text of a file of this package.
func testdata(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(text)
}
