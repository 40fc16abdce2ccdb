package simulator

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/drivertest"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/yamldoc"
)

// clock is one that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func ref(namespace, name string) rules.Ref {
	return rules.Ref{Driver: "simulator", Kind: "service", Namespace: namespace, Name: name}
}

func TestConformance(t *testing.T) {
	c := &clock{at: time.Unix(1e9, 0)}
	d := New(Config{ReadyAfter: 20 * time.Second}, Options{Now: c.now})
	var made atomic.Int64
	drivertest.Run(t, drivertest.Harness{
		Driver: d,
		Make: func(_ *testing.T, count int) rules.Ref {
			r := ref("shop", fmt.Sprint("web", made.Add(1)))
			d.Set(r, count)
			return r
		},
		Count: func(t *testing.T, ref rules.Ref) int {
			count, ok := d.Count(ref)
			require.True(t, ok)
			return count
		},
		Change:  func(_ *testing.T, ref rules.Ref, count int) { d.Set(ref, count) },
		Missing: func(*testing.T) rules.Ref { return ref("shop", "nobody") },
		Settle:  func(*testing.T, rules.Ref) { c.pass(20 * time.Second) },
	})
}

func TestCountAtStart(t *testing.T) {
	d := New(Config{Workloads: map[string]int{"web": 3, "shop/web": 2}}, Options{Now: time.Now})
	for r, want := range map[rules.Ref]int{
		ref("shop", "web"): 2, ref("other", "web"): 3, ref("", "web"): 3,
		{Kind: "host", Namespace: "shop", Name: "web"}: 2,
	} {
		o, err := d.Observe(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, engine.Observed{Count: want, Version: "1", Ready: true, Bounds: rules.BoundsIn(nil)}, o, r)
	}
	require.NoError(t, d.Scale(t.Context(), ref("other", "web"), engine.Change{From: 3, To: 9, Version: "1"}))
	o, err := d.Observe(t.Context(), ref("", "web"))
	require.NoError(t, err)
	require.Equal(t, 3, o.Count, "each ref has a count of its own")

	_, err = d.Observe(t.Context(), ref("shop", "wbe"))
	require.ErrorIs(t, err, controller.ErrNotFound)
	require.EqualError(t, err, "not found: service/shop/wbe; add it to the simulator's workloads")
}

func TestDescribe(t *testing.T) {
	e, err := New(Config{}, Options{Now: time.Now}).Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, controller.Endpoint{Address: "memory"}, e)
}

func TestReadyAfter(t *testing.T) {
	c := &clock{at: time.Unix(1e9, 0)}
	d := New(Config{Workloads: map[string]int{"web": 3}, ReadyAfter: 20 * time.Second}, Options{Now: c.now})
	web := ref("shop", "web")
	ready := func() bool {
		o, err := d.Observe(t.Context(), web)
		require.NoError(t, err)
		return o.Ready
	}
	require.True(t, ready())
	require.NoError(t, d.Scale(t.Context(), web, engine.Change{From: 3, To: 4, Version: "1"}))
	require.False(t, ready())
	c.pass(19 * time.Second)
	require.False(t, ready())
	c.pass(time.Second)
	require.True(t, ready())
	d.Set(web, 9)
	require.False(t, ready())
}

func TestReadConfig(t *testing.T) {
	doc, root := yamldoc.Parse("a.yml", []byte("type: simulator\nworkloads: {web: 3, shop/cart: 0}\nready_after: 20s\n"))
	require.Equal(t, Config{Workloads: map[string]int{"web": 3, "shop/cart": 0}, ReadyAfter: 20 * time.Second}, ReadConfig(root))
	require.NoError(t, doc.Err())

	doc, root = yamldoc.Parse("a.yml", []byte("workloads: {web: -1, cart: x}\nready_after: 20\nworkload: {}\n"))
	ReadConfig(root)
	require.EqualError(t, doc.Err(), `a.yml:1: workloads.web: is -1, want at least 0
a.yml:1: workloads.cart: "x" is not a whole number
a.yml:2: ready_after: "20" is not a duration such as 30s, 5m or 1h30m
a.yml:3: unknown key "workload", did you mean "workloads"?`)
}

func TestOwnBounds(t *testing.T) {
	doc, root := yamldoc.Parse("a.yml", []byte("workloads: {web: 3, shop/web: 2, cart: 1}\nbounds: {web: {min: 2, max: 5}, shop/web: {max: many}}\n"))
	cfg := ReadConfig(root)
	require.NoError(t, doc.Err())
	d := New(cfg, Options{Now: time.Now})
	two, five, many := "2", "5", "many"
	for r, want := range map[rules.Ref]rules.BoundsSaid{
		ref("", "web"): {Min: &two, Max: &five, Asked: true}, ref("other", "web"): {Min: &two, Max: &five, Asked: true}, ref("shop", "web"): {Max: &many, Asked: true}, ref("", "cart"): {Asked: true},
	} {
		o, err := d.Observe(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, want, o.Bounds, r)
	}

	doc, root = yamldoc.Parse("a.yml", []byte("bounds: {web: {low: 2}, cart: 3}\n"))
	ReadConfig(root)
	require.EqualError(t, doc.Err(), "a.yml:1: bounds.web: unknown key \"low\"\na.yml:1: bounds.cart: is \"3\", want a mapping")
}
