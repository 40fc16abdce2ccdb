package main

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// TestRNG: one is served at a time, so that of three the last waits for all; who goes away leaves the turn to the others.
func TestRNG(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		r := newRNG("rng-1", 100*time.Millisecond, reg)
		gone, leave := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer leave()
		do(gone, r, http.MethodGet, "/?bytes=32", "")

		start := time.Now()
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				answer := do(t.Context(), r, http.MethodGet, "/?bytes=32", "")
				require.Equal(t, 32, answer.Body.Len())
				require.Equal(t, "rng-1", answer.Header().Get(nameHeader))
			})
		}
		all.Wait()
		require.Equal(t, 300*time.Millisecond, time.Since(start))
		require.Equal(t, 3.0, metric(t, reg, "dockercoins_rng_duration_seconds"))
		for _, bytes := range []string{"", "0", "-1", "1025", "x"} {
			require.Equal(t, http.StatusBadRequest, do(t.Context(), r, http.MethodGet, "/?bytes="+bytes, "").Code, bytes)
		}
	})
}

// TestHasher: the hash is SHA-256, and who asks waits for nobody else.
func TestHasher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		h := newHasher(100*time.Millisecond, reg)
		start := time.Now()
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				answer := do(t.Context(), h, http.MethodPost, "/", "abc")
				require.Equal(t, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", answer.Body.String())
			})
		}
		all.Wait()
		require.Equal(t, 100*time.Millisecond, time.Since(start))
		require.Equal(t, 3.0, metric(t, reg, "dockercoins_hasher_duration_seconds"))
		require.Equal(t, http.StatusBadRequest, do(t.Context(), h, http.MethodPost, "/", strings.Repeat("x", 4097)).Code)
	})
}

// TestStore: a report counts once, however often it is told; who reports no more is forgotten.
func TestStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		s := newStore(time.Now, reg)
		mux := http.NewServeMux()
		s.routes(mux)
		post := func(body string) int { return do(t.Context(), mux, http.MethodPost, "/reports", body).Code }

		require.Equal(t, http.StatusOK, post(`{"id": "0", "worker": "a"}`))
		require.Equal(t, `{"coins":0,"units":0,"wanted":0,"workers":1,"rngs":0,"last":[]}`+"\n",
			do(t.Context(), mux, http.MethodGet, "/state", "").Body.String())
		first := `{"id": "1", "worker": "a", "rng": "x", "units": 3, "coins": ["0a", "0b"]}`
		require.Equal(t, http.StatusOK, post(first))
		require.Equal(t, http.StatusOK, post(first))
		require.Equal(t, http.StatusOK, post(`{"id": "1", "worker": "b", "rng": "y", "units": 1, "coins": ["0c"]}`))
		require.Equal(t, state{Coins: 3, Units: 4, Workers: 2, RNGs: 2, Last: []string{"0a", "0b", "0c"}}, s.read())
		require.Equal(t, http.StatusOK, post(`{"id": "2", "worker": "a"}`))
		require.Equal(t, 2, s.read().RNGs, "it was served by x a moment ago")
		require.Equal(t, 3.0, metric(t, reg, "dockercoins_coins_total"))
		require.Equal(t, 2.0, metric(t, reg, "dockercoins_workers"))

		time.Sleep(seenFor / 2)
		require.Equal(t, http.StatusOK, post(`{"id": "2", "worker": "b", "rng": "z"}`))
		time.Sleep(seenFor/2 + time.Second)
		require.Equal(t, http.StatusOK, do(t.Context(), mux, http.MethodPut, "/wanted", "2.5").Code)
		require.Equal(t, `{"coins":3,"units":4,"wanted":2.5,"workers":1,"rngs":1,"last":["0a","0b","0c"]}`+"\n",
			do(t.Context(), mux, http.MethodGet, "/state", "").Body.String())
		require.Equal(t, 2.5, metric(t, reg, "dockercoins_coins_wanted"))

		for _, body := range []string{"", "{", `{"worker": "a"}`, `{"id": "3"}`, `{"id": "3", "worker": "a", "coins": ["0d"]}`} {
			require.Equal(t, http.StatusBadRequest, post(body), body)
		}
		for _, body := range []string{"", "-1", "1e7", `"5"`} {
			require.Equal(t, http.StatusBadRequest, do(t.Context(), mux, http.MethodPut, "/wanted", body).Code, body)
		}
		require.Equal(t, 2.5, s.read().Wanted)
	})
}

// TestStoreIsBounded: it keeps the last coins, and knows so many workers at a time.
func TestStoreIsBounded(t *testing.T) {
	s := newStore(time.Now, prometheus.NewRegistry())
	s.enter(report{ID: "1", Worker: "a", Units: 20, Coins: strings.Split(strings.Repeat("0", 20), "")})
	require.Len(t, s.read().Last, shownCoins)
	for len(s.seen) < maxNames {
		s.seen[time.Duration(len(s.seen)).String()] = seen{at: time.Now()}
	}
	require.Equal(t, maxNames, s.enter(report{ID: "1", Worker: "one more"}).Workers)
	for len(s.rngs) < maxNames {
		s.rngs[time.Duration(len(s.rngs)).String()] = time.Now()
	}
	require.Equal(t, maxNames, s.enter(report{ID: "2", Worker: "a", RNG: "one more"}).RNGs)
}
