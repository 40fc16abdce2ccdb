package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// works has a worker work, and returns what it has made when it is stopped.
func works(t *testing.T, c *client, d time.Duration, then func()) (coins, units float64) {
	t.Helper()
	reg := prometheus.NewRegistry()
	w := newWorker("worker-1", c, reg)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.run(ctx) }()
	time.Sleep(d)
	if then != nil {
		then()
	}
	stop()
	require.NoError(t, <-ended)
	families, err := reg.Gather()
	require.NoError(t, err)
	require.Len(t, families, 1)
	for _, m := range families[0].GetMetric() {
		switch m.GetLabel()[0].GetValue() {
		case "coin":
			coins = m.GetCounter().GetValue()
			fallthrough
		case "none":
			units += m.GetCounter().GetValue()
		}
	}
	return coins, units
}

// TestWorker: five units a second, half of which are coins, all of which the store hears of.
func TestWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, c := newServices(t)
		s.want(10)
		coins, units := works(t, c, time.Minute, nil)
		require.InDelta(t, 300, units, 1)
		require.InDelta(t, 150, coins, 50)
		require.Equal(t, []float64{coins, units}, []float64{float64(s.read().Coins), float64(s.read().Units)})
		require.Equal(t, []int{1, 1}, []int{s.read().Workers, s.read().RNGs})
		require.True(t, isCoin(s.read().Last[0]))
		require.False(t, isCoin("8000") || isCoin(""))
	})
}

// TestWorkerWithoutLoad asks for nothing but whether there is some, and begins when there is.
func TestWorkerWithoutLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, s, c := newServices(t)
		works(t, c, 10500*time.Millisecond, func() {
			require.Zero(t, all.asked("rng"))
			require.Equal(t, 11, all.asked("store"))
			s.want(1)
			time.Sleep(2 * time.Second)
			require.NotZero(t, all.asked("rng"))
		})
	})
}

// TestWorkerThroughOutages: while the store is away no more than a second's work is done, and it hears of it afterwards; a
// report whose answer is lost counts once. While the rng is away it is asked once a second.
func TestWorkerThroughOutages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, s, c := newServices(t)
		s.want(10)
		coins, units := works(t, c, 3*time.Second, func() {
			all.fail("store", down)
			time.Sleep(2 * time.Second)
			asked := all.asked("rng")
			time.Sleep(10 * time.Second)
			require.Equal(t, asked, all.asked("rng"))
			all.fail("store", deaf)
			time.Sleep(5 * time.Second)
			all.fail("store", none)
			time.Sleep(2 * time.Second)
			all.fail("rng", down)
			time.Sleep(time.Second)
			asked = all.asked("rng")
			time.Sleep(10 * time.Second)
			require.InDelta(t, asked+10, all.asked("rng"), 1)
			all.fail("rng", none)
			time.Sleep(2 * time.Second)
		})
		require.Greater(t, units, 20.0)
		require.Equal(t, []float64{coins, units}, []float64{float64(s.read().Coins), float64(s.read().Units)})
	})
}
