// Package figures measures alertscale, as a process of its own, against bare programs that do the same in the
// same run, and prints a table that marks what misses its goal. It asserts how often alertscale asks and what it
// answers, and never how long that takes.
//
//	go test ./figures -v
//	go test ./figures -v -timeout 60m -figures.full
//	go test ./figures -v -run ProgramFigures   # what needs no API server
package figures

import (
	"flag"
	"testing"

	"alertscale/test/shipped"
	"alertscale/test/stack"
)

// namespace is where the Deployments are that are changed. There are no controllers, so no pods.
const namespace = "figures"

var full = flag.Bool("figures.full", false, "measure for longer, and with all the workloads that the goals name")

// either returns the one for short runs, or that for full ones.
func either[T any](short, long T) T {
	if *full {
		return long
	}
	return short
}

// bench is what all figures share: an API server, and alertscale's account with it.
type bench struct {
	api   *stack.APIServer
	admin *stack.Client
	token string
	table table
}

// TestFigures measures alertscale on a real API server.
func TestFigures(t *testing.T) {
	api := stack.StartAPIServer(t, stack.APIServerOptions{})
	b := &bench{api: api, admin: stack.NewClient(t, api.Kubeconfig(t, stack.Admin)), token: shipped.Account(t, api)}
	b.admin.Apply(t, "{apiVersion: v1, kind: Namespace, metadata: {name: "+namespace+"}}")
	for _, figure := range []struct {
		name    string
		measure func(*testing.T, *bench)
	}{
		{"requests", requests},
		{"change", change},
		{"direct", direct},
		{"crossing", crossing},
		{"senders", senders},
		{"storm", storm},
		{"storms", storms},
		{"process", process},
		{"autoscalers", autoscalers}, // last, since the API server has more to do with them
	} {
		t.Run(figure.name, func(t *testing.T) { figure.measure(t, b) })
	}
	t.Logf("\n%s", &b.table)
}

// start starts an alertscale whose file has these targets and rules, on the API server itself.
func (b *bench) start(t *testing.T, config, storage string) *stack.Alertscale {
	t.Helper()
	return stack.StartAlertscale(t, stack.AlertscaleOptions{
		Config: config, Storage: storage,
		Kubeconfig: stack.WriteKubeconfig(t, b.api.URL, b.api.CA, b.token),
	})
}

// deployment makes a Deployment of one replica.
func (b *bench) deployment(t *testing.T, name string) stack.Object {
	t.Helper()
	b.admin.Apply(t, stack.Deployment(namespace, name, 1))
	return stack.Object{Kind: "Deployment", Namespace: namespace, Name: name}
}
