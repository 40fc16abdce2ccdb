package main

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	seenFor    = 5 * time.Second // who was not heard of for so long is gone
	maxNames   = 10000           // workers, and rngs, that are known at a time
	shownCoins = 8
	maxWanted  = 1e6
)

// state is what the store tells of itself: GET /state.
type state struct {
	Coins   int64    `json:"coins"`
	Units   int64    `json:"units"`
	Wanted  float64  `json:"wanted"`  // coins a second
	Workers int      `json:"workers"` // that have reported lately
	RNGs    int      `json:"rngs"`    // that they were served by lately
	Last    []string `json:"last"`    // of the coins
}

// A report is what a worker has done since its last one: POST /reports. The same report told again, as its answer was lost,
// is no other one.
type report struct {
	ID     string   `json:"id"`
	Worker string   `json:"worker"`
	RNG    string   `json:"rng"` // the last that it was served by since
	Units  int64    `json:"units"`
	Coins  []string `json:"coins"`
}

// A store keeps the coins in memory, and how many are wanted: PUT /wanted.
type store struct {
	now    func() time.Time
	coins  prometheus.Counter
	wanted prometheus.Gauge

	mu    sync.Mutex
	state state
	seen  map[string]seen      // by worker
	rngs  map[string]time.Time // when somebody was last served by each
}

// seen is a worker's last report.
type seen struct {
	at time.Time
	id string
}

func newStore(now func() time.Time, reg prometheus.Registerer) *store {
	s := &store{
		now: now, seen: map[string]seen{}, rngs: map[string]time.Time{}, state: state{Last: []string{}},
		coins:  prometheus.NewCounter(prometheus.CounterOpts{Name: "dockercoins_coins_total", Help: "Coins that were made."}),
		wanted: prometheus.NewGauge(prometheus.GaugeOpts{Name: "dockercoins_coins_wanted", Help: "Coins a second that are wanted."}),
	}
	reg.MustRegister(s.coins, s.wanted, prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Name: "dockercoins_workers", Help: "Workers that have reported lately."},
		func() float64 { return float64(s.read().Workers) },
	))
	return s
}

func (s *store) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.read()) })
	mux.HandleFunc("POST /reports", func(w http.ResponseWriter, r *http.Request) {
		var body report
		if !decode(w, r, &body) {
			return
		}
		if body.ID == "" || body.Worker == "" || body.Units < int64(len(body.Coins)) {
			http.Error(w, "a report has an id, a worker, and no more coins than units", http.StatusBadRequest)
			return
		}
		answer(w, s.enter(body))
	})
	mux.HandleFunc("PUT /wanted", func(w http.ResponseWriter, r *http.Request) {
		var wanted float64
		if !decode(w, r, &wanted) {
			return
		}
		if wanted < 0 || wanted > maxWanted {
			http.Error(w, "wanted: a number from 0 to 1000000 is", http.StatusBadRequest)
			return
		}
		answer(w, s.want(wanted))
	})
}

// enter takes a report, unless it is one that was heard of already.
func (s *store) enter(r report) state {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, known := s.seen[r.Worker]
	if known || len(s.seen) < maxNames {
		s.seen[r.Worker] = seen{at: s.now(), id: r.ID}
	}
	if _, known := s.rngs[r.RNG]; r.RNG != "" && (known || len(s.rngs) < maxNames) {
		s.rngs[r.RNG] = s.now()
	}
	if last.id != r.ID {
		s.coins.Add(float64(len(r.Coins)))
		s.state.Coins += int64(len(r.Coins))
		s.state.Units += r.Units
		if all := slices.Concat(s.state.Last, r.Coins); len(all) > 0 {
			s.state.Last = all[max(0, len(all)-shownCoins):]
		}
	}
	return s.current()
}

func (s *store) want(wanted float64) state {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted.Set(wanted)
	s.state.Wanted = wanted
	return s.current()
}

func (s *store) read() state {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current()
}

// current forgets who is gone, and counts the others. The lock is held.
func (s *store) current() state {
	gone := func(at time.Time) bool { return s.now().Sub(at) > seenFor }
	maps.DeleteFunc(s.seen, func(_ string, last seen) bool { return gone(last.at) })
	maps.DeleteFunc(s.rngs, func(_ string, last time.Time) bool { return gone(last) })
	now := s.state
	now.Workers, now.RNGs = len(s.seen), len(s.rngs)
	return now
}

// decode reads a body, and answers where that cannot be done.
func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(into); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func answer(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(what)
}

func runStore(ctx context.Context, o options) error {
	mux, reg := newMux()
	newStore(time.Now, reg).routes(mux)
	return serve(ctx, o.listen, mux)
}
