package figures

import (
	"context"
	"fmt"
	"testing"
	"time"

	driver "alertscale/adapter/driver/rancher"
	"alertscale/rules"
	"alertscale/rules/engine"
	standin "alertscale/test/fakerancher/rancher"
	"alertscale/test/stack"

	gorancher "github.com/rancher/go-rancher/v2"
	"github.com/stretchr/testify/require"
)

// TestRancherFigures compares alertscale with a bare go-rancher, on the stand-in for Rancher 1.6.
func TestRancherFigures(t *testing.T) {
	server := standin.Start(t, standin.Options{})
	r := &rancherBench{server: server, key: server.ProjectKey(), ids: map[string]string{}}
	for _, id := range server.AddServices(server.AddStack(server.Project(), "shop"), "web", 1000) {
		name := server.Service(id).Name
		r.names, r.ids[name] = append(r.names, name), id
		r.alerts = append(r.alerts, map[string]string{"alertname": "Busy", "service": name})
	}
	var err error
	r.client, err = gorancher.NewRancherClient(&gorancher.ClientOpts{Url: server.URL(), AccessKey: r.key.Access, SecretKey: r.key.Secret})
	require.NoError(t, err)
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: fmt.Sprintf(`
drivers: {rancher: {url: '%s', access_key: '%s', secret_key: '%s'}}
targets:
  any: {driver: rancher, kind: service, namespace: shop, name: '{{ .Labels.service }}', max: 1000, cooldown: 0s}
rules:
  - {name: busy, matchers: ['alertname="Busy"'], target: any, up: 1}
`, server.URL(), r.key.Access, r.key.Secret)})
	r.storm(t, a)
	r.change(t, a)
	t.Logf("\n%s", &r.table)
}

// rancherBench is a stand-in with services, and a bare client of it.
type rancherBench struct {
	server *standin.Server
	key    standin.Key
	client *gorancher.RancherClient
	names  []string
	ids    map[string]string   // by name
	alerts []map[string]string // for each name
	table  table
}

// up is what alertscale does in the end.
func (r *rancherBench) up(_ context.Context, name string) error {
	s, err := r.client.Service.ById(r.ids[name])
	if err == nil {
		_, err = r.client.Service.Update(s, map[string]any{"scale": s.Scale + 1})
	}
	return err
}

// storm compares the rate at which one notification changes a thousand services with that of as many workers
// that do nothing else.
func (r *rancherBench) storm(t *testing.T, a *stack.Alertscale) {
	const workers, rounds = 64, 3
	n, s := float64(len(r.names)), newSender(a.URL, r.alerts...)
	ours := func() float64 {
		rate := n / took(t, func() error { return untilServed(s.fire, s.repeat) }).Seconds()
		require.NoError(t, untilServed(s.resolve, s.resolve))
		return rate
	}
	first := ours() // it has the ids to find, too
	var bare, our []float64
	for range rounds {
		bare = append(bare, n/took(t, func() error { return forAll(t.Context(), workers, r.names, r.up) }).Seconds())
		our = append(our, ours())
	}
	for _, name := range []string{r.names[0], r.names[len(r.names)/2], r.names[len(r.names)-1]} {
		require.Equal(t, 2+2*rounds, r.server.Scale(r.ids[name]), "one change each")
	}
	ratio := median(our) / median(bare)
	r.table.add("1,000 Rancher services, to 64 bare workers", ">= 0.8", ratio >= 0.8, fmt.Sprintf("%.2f", ratio),
		fmt.Sprintf("%.0f/s to %.0f/s changes, the first time %.0f/s", median(our), median(bare), first))
}

// change compares the driver's read and write, and all that a notification takes, with the two calls of the
// bare client.
func (r *rancherBench) change(t *testing.T, a *stack.Alertscale) {
	const rounds = 60
	ref := rules.Ref{Driver: "rancher", Kind: "service", Namespace: "shop", Name: r.names[0]}
	d, err := driver.New(driver.Config{URL: r.server.URL(), AccessKey: r.key.Access, SecretKey: driver.Secret(r.key.Secret)}, driver.Options{})
	require.NoError(t, err)
	byDriver := func() error {
		seen, err := d.Observe(t.Context(), ref)
		if err != nil {
			return err
		}
		return d.Scale(t.Context(), ref, engine.Change{From: seen.Count, To: seen.Count + 1})
	}
	require.NoError(t, byDriver(), "now it knows the id")
	s := newSender(a.URL, r.alerts[0])
	var bare, own, whole []time.Duration
	for range rounds {
		bare = append(bare, took(t, func() error { return r.up(t.Context(), ref.Name) }))
		own = append(own, took(t, byDriver))
		r.server.Forget()
		whole = append(whole, took(t, s.fire))
		require.NoError(t, s.repeat())
		require.Equal(t, []int{1, 1}, []int{r.server.Count("GET", "/services/"), r.server.Count("PUT", "/services/")}, "none for a repeat")
		require.NoError(t, s.resolve())
	}
	ratio := float64(median(own)) / float64(median(bare))
	r.table.add("a change by the driver, to two bare calls", "<= 1.2", ratio <= 1.2, fmt.Sprintf("%.2f", ratio),
		fmt.Sprintf("%s to %s", median(own).Round(time.Microsecond), median(bare).Round(time.Microsecond)))
	r.table.add("the same from notification to answer, durable", "", false, fmt.Sprintf("%.2f", float64(median(whole))/float64(median(bare))),
		median(whole).Round(time.Microsecond).String())
}
