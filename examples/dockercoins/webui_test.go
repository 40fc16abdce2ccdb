package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestWebUI: the page, and what it asks for. A page of another site changes nothing.
func TestWebUI(t *testing.T) {
	all, s, c := newServices(t)
	guarded := webui{c}.handler()

	answer := do(t.Context(), guarded, http.MethodGet, "/", "")
	require.Equal(t, "text/html; charset=utf-8", answer.Header().Get("Content-Type"))
	require.Contains(t, answer.Body.String(), "<title>dockercoins</title>")
	require.Equal(t, http.StatusOK, do(t.Context(), guarded, http.MethodPut, "/api/wanted", "5").Code)
	require.Equal(t, 5.0, s.read().Wanted)
	require.Contains(t, do(t.Context(), guarded, http.MethodGet, "/api/state", "").Body.String(), `"wanted":5`)
	require.Equal(t, http.StatusBadRequest, do(t.Context(), guarded, http.MethodPut, "/api/wanted", "five").Code)
	require.Contains(t, do(t.Context(), guarded, http.MethodGet, "/metrics", "").Body.String(), "go_goroutines")
	require.Equal(t, http.StatusOK, do(t.Context(), guarded, http.MethodGet, "/-/healthy", "").Code)

	elsewhere := httptest.NewRequest(http.MethodPut, "/api/wanted", strings.NewReader("9"))
	elsewhere.Header.Set("Sec-Fetch-Site", "cross-site")
	refused := httptest.NewRecorder()
	guarded.ServeHTTP(refused, elsewhere)
	require.Equal(t, http.StatusForbidden, refused.Code)
	require.Equal(t, 5.0, s.read().Wanted)

	all.fail("store", down)
	require.Equal(t, http.StatusBadGateway, do(t.Context(), guarded, http.MethodGet, "/api/state", "").Code)
}

// TestWatch: what a line tells is what has changed since the one before, also where the store began again.
func TestWatch(t *testing.T) {
	var out bytes.Buffer
	w := watcher{out: &out}
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	for i, now := range []state{
		{Coins: 100, Wanted: 10, Workers: 1, RNGs: 1},
		{Coins: 112, Wanted: 10, Workers: 1, RNGs: 1},
		{Coins: 162, Wanted: 2.5, Workers: 5, RNGs: 3},
		{Coins: 3, Workers: 5, RNGs: 3},
	} {
		w.line(now, at.Add(time.Duration(i)*5*time.Second))
	}
	require.Equal(t, `time      wanted  coins/s  workers  rngs
08:00:05      10      2.4        1     1
08:00:10     2.5     10.0        5     3
08:00:15       0      0.0        5     3
`, out.String())
}
