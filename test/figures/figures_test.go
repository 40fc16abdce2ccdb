// Package figures measures alertscale, as a process of its own, against a bare client-go on the same API
// server in the same run, and prints a table. It asserts how often alertscale asks and what it answers,
// and never how long that takes.
//
//	go test ./figures -v
package figures

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// namespace is where the Deployments are that are changed. There are no controllers, so no pods.
const namespace = "figures"

// bench is what all figures share: an API server, and alertscale's account with it.
type bench struct {
	api   *stack.APIServer
	admin *stack.Client
	token string
	table table
}

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
		{"senders", senders},
		{"storm", storm},
		{"process", process},
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

// table is what is printed: a figure, its target, and the details of how it came about.
type table struct{ rows [][4]string }

func (b *table) add(name, target string, reached bool, value string, details ...string) {
	mark := "ok"
	if !reached {
		mark = "MISSED"
	}
	if target == "" {
		mark = ""
	}
	b.rows = append(b.rows, [4]string{name, value, target, strings.TrimSpace(mark + "  " + strings.Join(details, ", "))})
}

// String returns the table in columns.
func (b *table) String() string {
	var text strings.Builder
	for _, row := range append([][4]string{{"figure", "measured", "target", ""}}, b.rows...) {
		fmt.Fprintf(&text, "%-46s %10s  %-10s %s\n", row[0], row[1], row[2], row[3])
	}
	return text.String()
}

func median[T ~int64 | ~float64](all []T) T {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

// took returns the time that f takes.
func took(t *testing.T, f func() error) time.Duration {
	t.Helper()
	begin := time.Now()
	err := f()
	d := time.Since(begin)
	require.NoError(t, err)
	return d
}
