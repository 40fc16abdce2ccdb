package bolt

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/yamldoc"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// storm is a controller on a store whose disk takes 10 ms for a sync, of which a commit has two.
type storm struct {
	*controller.Controller
	store   *Store
	driver  *counting
	stop    context.CancelFunc
	commits atomic.Int64
	puts    atomic.Int64
	slow    atomic.Bool
}

const twoSyncs = 20 * time.Millisecond

func newStorm(b *testing.B) *storm {
	s := &storm{driver: &counting{counts: map[string]int{}}}
	var err error
	s.store, err = Open(filepath.Join(b.TempDir(), "alertscale.db"))
	require.NoError(b, err)
	s.store.update = func(change func(*bbolt.Tx) error) error {
		if s.slow.Load() {
			time.Sleep(twoSyncs)
		}
		s.commits.Add(1)
		return s.store.db.Update(change)
	}
	s.Controller, err = controller.New(b.Context(), controller.Options{
		Store: s, Logger: log.NewNopLogger(), Metrics: controller.NewMetrics(prometheus.NewRegistry(), 10_000),
	}, s.file(b))
	require.NoError(b, err)
	var ctx context.Context
	ctx, s.stop = context.WithCancel(b.Context())
	go s.Run(ctx)
	s.slow.Store(true)
	return s
}

// Put counts.
func (s *storm) Put(ctx context.Context, r engine.Record) (engine.Revision, error) {
	s.puts.Add(1)
	return s.store.Put(ctx, r)
}

// PutAll counts.
func (s *storm) PutAll(ctx context.Context, all []engine.Record) []controller.Stored {
	s.puts.Add(int64(len(all)))
	return s.store.PutAll(ctx, all)
}

// Load and List are the store's.
func (s *storm) Load(ctx context.Context, ref string) (engine.Record, error) {
	return s.store.Load(ctx, ref)
}

func (s *storm) List(ctx context.Context, each func(engine.Record) error) error {
	return s.store.List(ctx, each)
}

func (s *storm) file(b *testing.B) *controller.Snapshot {
	doc, root := yamldoc.Parse("test.yml", []byte(`
targets: {any: {driver: fake, name: '{{ .Labels.app }}', max: 10}}
rules: [{name: busy, matchers: ['alertname="Busy"'], target: any, up: 1}]`))
	set := rules.NewSet(rules.SetOptions{
		AlertTTL: 12 * time.Hour, Root: root, Targets: root.Peek("targets"), Rules: root.Peek("rules"),
		Drivers: map[string]rules.RefSchema{"fake": {}},
	})
	require.NoError(b, doc.Err())
	return &controller.Snapshot{Rules: set, Drivers: map[string]controller.Backend{"fake": {Driver: s.driver, Timeout: 30 * time.Second}}}
}

// notify sends alerts of the workloads from, from+1, … to.
func (s *storm) notify(from, to int) []engine.Decision {
	e := &rules.Event{Receiver: "alertscale", GroupKey: fmt.Sprint(from)}
	for i := from; i < to; i++ {
		ls := rules.Labels{{Name: "alertname", Value: "Busy"}, {Name: "app", Value: fmt.Sprint("app", i)}}
		e.Alerts = append(e.Alerts, rules.Alert{Fingerprint: fmt.Sprintf("%016x", i), Labels: ls, StartsAt: time.Now()})
	}
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	return s.Handle(ctx, e)
}

// counting is an API that answers in 2 ms.
type counting struct {
	mu     sync.Mutex
	counts map[string]int
	scaled int
	down   bool
	url    string // of a server that a call is a request to; empty: it is none
	client *http.Client
}

// overHTTP makes each call a request to a server.
func (d *counting) overHTTP(b *testing.B) *counting {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(2 * time.Millisecond)
		_, _ = io.WriteString(w, `{"kind":"Scale","spec":{"replicas":1}}`)
	}))
	b.Cleanup(server.Close)
	d.url, d.client = server.URL, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: controller.MaxCalls}}
	return d
}

func (d *counting) request(ctx context.Context, method string) {
	if d.url == "" {
		time.Sleep(2 * time.Millisecond)
		return
	}
	req, err := http.NewRequestWithContext(ctx, method, d.url, nil)
	if err != nil {
		return
	}
	if answer, err := d.client.Do(req); err == nil {
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
	}
}

func (d *counting) Observe(ctx context.Context, ref rules.Ref) (engine.Observed, error) {
	d.request(ctx, http.MethodGet)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down {
		return engine.Observed{}, fmt.Errorf("%s: connection refused", ref)
	}
	return engine.Observed{Count: 1 + d.counts[ref.Name], Ready: true}, nil
}

func (d *counting) Scale(ctx context.Context, ref rules.Ref, _ engine.Change) error {
	d.request(ctx, http.MethodPatch)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[ref.Name]++
	d.scaled++
	return nil
}

func (d *counting) until(scaled int) {
	for n := 0; n < scaled; time.Sleep(time.Millisecond) {
		d.mu.Lock()
		n = d.scaled
		d.mu.Unlock()
	}
}

// BenchmarkStorm is one notification with so many new refs, on a disk that takes 10 ms for a sync: when it is answered,
// when all is scaled and stored, and how many requests to the store share a commit.
func BenchmarkStorm(b *testing.B) {
	for _, c := range []struct{ refs, open int }{{2000, 1000}, {10_000, 0}, {10_000, 1000}} {
		b.Run(fmt.Sprintf("refs=%d/open=%d", c.refs, c.open), func(b *testing.B) {
			for b.Loop() {
				s := newStorm(b)
				s.driver.down = true
				s.notify(0, c.open)
				s.driver.mu.Lock()
				s.driver.down = false
				s.driver.mu.Unlock()
				s.commits.Store(0)
				s.puts.Store(0)
				start := time.Now()
				failed := 0
				for _, d := range s.notify(c.open, c.open+c.refs) {
					if d.Verdict == engine.Failed {
						failed++
					}
				}
				b.ReportMetric(time.Since(start).Seconds(), "answer-s")
				s.driver.until(c.refs + c.open)
				b.ReportMetric(time.Since(start).Seconds(), "scaled-s")
				s.stop()
				ending := time.Now()
				last, cancel := context.WithTimeout(b.Context(), 30*time.Second)
				require.NoError(b, s.Shutdown(last))
				cancel()
				b.ReportMetric(time.Since(ending).Seconds(), "shutdown-s")
				b.ReportMetric(float64(failed), "failed")
				b.ReportMetric(float64(s.commits.Load()), "commits")
				b.ReportMetric(float64(s.puts.Load())/float64(c.refs+c.open), "puts/ref")
				b.ReportMetric(float64(s.puts.Load())/float64(s.commits.Load()), "puts/commit")
				require.NoError(b, s.store.Close())
			}
		})
	}
}

// BenchmarkChange is one change after another, each of another ref: how many commits one takes, with its outcome.
func BenchmarkChange(b *testing.B) {
	s := newStorm(b)
	s.slow.Store(false)
	next := 0
	for b.Loop() {
		d := s.notify(next, next+1)
		require.Equal(b, engine.Scaled, d[0].Verdict)
		next++
	}
	b.StopTimer()
	s.stop()
	require.NoError(b, s.Shutdown(b.Context()))
	b.ReportMetric(float64(s.commits.Load())/float64(next), "commits/change")
	b.ReportMetric(float64(s.puts.Load())/float64(next), "puts/change")
	require.NoError(b, s.store.Close())
}

// BenchmarkDeployments is 10,000 workloads in ten notifications at a time, beside as many workers as the controller
// makes calls at a time, which read and change each.
func BenchmarkDeployments(b *testing.B) {
	const refs, notifications = 10_000, 10
	var bare, ours time.Duration
	failed, rounds := 0, 0
	for b.Loop() {
		start := time.Now()
		bareWorkers(refs, (&counting{counts: map[string]int{}}).overHTTP(b))
		bare += time.Since(start)
		s := newStorm(b)
		s.driver.overHTTP(b)
		s.slow.Store(false)
		start = time.Now()
		var all sync.WaitGroup
		var mu sync.Mutex
		for i := range notifications {
			all.Go(func() {
				decisions := s.notify(i*refs/notifications, (i+1)*refs/notifications)
				mu.Lock()
				defer mu.Unlock()
				for _, d := range decisions {
					if d.Verdict == engine.Failed {
						failed++
					}
				}
			})
		}
		all.Wait()
		s.driver.until(refs)
		ours += time.Since(start)
		s.stop()
		require.NoError(b, s.Shutdown(b.Context()))
		require.NoError(b, s.store.Close())
		rounds++
	}
	b.ReportMetric(float64(bare)/float64(ours), "of-bare")
	b.ReportMetric(refs*float64(rounds)/bare.Seconds(), "bare/s")
	b.ReportMetric(float64(failed)/float64(rounds), "failed")
}

func bareWorkers(refs int, d *counting) {
	var workers sync.WaitGroup
	var next atomic.Int64
	for range controller.MaxCalls {
		workers.Go(func() {
			for i := next.Add(1); i <= int64(refs); i = next.Add(1) {
				ref := rules.Ref{Driver: "fake", Name: fmt.Sprint("app", i)}
				if seen, err := d.Observe(context.Background(), ref); err == nil {
					_ = d.Scale(context.Background(), ref, engine.Change{From: seen.Count, To: seen.Count + 1})
				}
			}
		})
	}
	workers.Wait()
}
