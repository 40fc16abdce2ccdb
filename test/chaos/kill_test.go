package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// TestKilled kills alertscale a hundred times under a stream of notifications. Each episode is one step,
// so the counts that a Deployment had, one after the other, are those that its episodes give.
func TestKilled(t *testing.T) {
	const kills = 100
	t.Logf("-seed=%d", *seed)
	rnd := rand.New(rand.NewPCG(*seed, 0))
	groups := [][]string{{"web"}, {"cart"}, {"mail"}, {"red", "green", "blue"}}
	s := newShop(t, 10, "web", "cart", "mail", "red", "green", "blue")
	proxy := stack.ProxyAPIServer(t, api)
	moments := unrest(proxy, rnd.Uint64())
	a := stack.NewAlertscale(t, stack.AlertscaleOptions{Config: anyDeployment, Kubeconfig: accountVia(t, proxy)})

	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	var over atomic.Bool
	var streams []*stream
	ended := make(chan error, len(groups))
	watches := map[string]*stack.FieldWatch{}
	for i, names := range groups {
		st := &stream{shop: s, url: a.URL, names: names, rnd: rand.New(rand.NewPCG(*seed, uint64(i+1))), want: []int{10}}
		streams = append(streams, st)
		for _, name := range names {
			watches[name] = admin.WatchReplicas(t, s.object(name))
		}
		go func() { ended <- st.run(ctx, &over) }()
	}

	for range kills {
		a.Launch(t)
		lull(ctx, rnd, moments)
		a.Kill(t)
	}
	a.Start(t)
	over.Store(true)
	for range streams {
		require.NoError(t, <-ended)
	}
	time.Sleep(quiet)
	steps := 0
	for _, st := range streams {
		for _, name := range st.names {
			require.Equal(t, st.want, watches[name].Values(), name)
			steps += len(st.want) - 1
		}
	}
	_, metrics := a.Get(t, "/metrics")
	require.Contains(t, metrics, "\nalertscale_deferred_calls 0\n")
	t.Logf("%d kills; %d steps, of which %d were found done after a kill; %d changes were asked for", kills, steps,
		strings.Count(a.Log(), "of unknown outcome"), len(proxy.Requests(stack.Method(http.MethodPatch))))
}

// unrest slows some changes down on their way, so that they may come to the API server when their sender
// is gone and another one is there, and some answers. It returns a channel that tells of requests.
func unrest(proxy *stack.Proxy, seed uint64) <-chan struct{} {
	rnd := rand.New(rand.NewPCG(seed, 0)) // the proxy matches one request at a time
	moments := make(chan struct{}, 1)
	proxy.Inject(stack.Fault{Match: func(stack.Request) bool {
		select {
		case moments <- struct{}{}:
		default:
		}
		return false
	}})
	for _, delay := range []time.Duration{5 * time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond} {
		proxy.Inject(stack.Fault{Match: func(stack.Request) bool { return rnd.IntN(8) == 0 }, Delay: delay})
	}
	return moments
}

// lull lets alertscale live for a while: for some time since its start, or until it asks something of the
// API server, and a moment more.
func lull(ctx context.Context, rnd *rand.Rand, moments <-chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(rnd.Int64N(int64(600*time.Millisecond))))
	defer cancel()
	if rnd.IntN(3) == 0 {
		<-ctx.Done()
		return
	}
	for range 1 + rnd.IntN(20) {
		select {
		case <-moments:
		case <-ctx.Done():
			return
		}
	}
	time.Sleep(time.Duration(rnd.Int64N(int64(10 * time.Millisecond))))
}

// A stream is an Alertmanager's, of the alerts of some Deployments.
type stream struct {
	shop  shop
	url   string
	names []string
	rnd   *rand.Rand
	want  []int // the counts that the episodes give to each of the Deployments
}

// run has one episode after the other until it is over.
func (s *stream) run(ctx context.Context, over *atomic.Bool) error {
	for n := 0; !over.Load(); n++ {
		if err := s.episode(ctx); err != nil {
			return fmt.Errorf("%v, episode %d: %w", s.names, n, err)
		}
	}
	return nil
}

// episode begins and ends one, up or down. As a cluster of Alertmanagers does, it repeats itself, and
// says late what is no longer true.
func (s *stream) episode(ctx context.Context) error {
	name, step := "Busy", 1
	if count := s.want[len(s.want)-1]; count > 5 && s.rnd.IntN(2) == 0 {
		name, step = "Idle", -1
	}
	var fires, ends []alert
	for _, deployment := range s.names {
		fires = append(fires, s.shop.firing(name, deployment))
	}
	s.want = append(s.want, s.want[len(s.want)-1]+step)
	for range 1 + s.rnd.IntN(2) {
		if err := s.deliver(ctx, fires); err != nil {
			return err
		}
	}
	for _, a := range fires {
		ends = append(ends, a.resolved())
	}
	if err := s.deliver(ctx, ends); err != nil || s.rnd.IntN(3) > 0 {
		return err
	}
	return s.deliver(ctx, fires)
}

// deliver delivers a notification, after a pause.
func (s *stream) deliver(ctx context.Context, alerts []alert) error {
	time.Sleep(time.Duration(s.rnd.Int64N(int64(30 * time.Millisecond))))
	return deliver(ctx, s.url, notification(alerts...))
}
