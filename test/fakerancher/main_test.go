package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"alertscale/test/fakerancher/rancher"
)

func TestCommand(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lab.json")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"--listen", "127.0.0.1:0", "--lab", file}) }()
	var lab rancher.Lab
	require.Eventually(t, func() bool {
		content, err := os.ReadFile(file)
		return err == nil && json.Unmarshal(content, &lab) == nil
	}, 10*time.Second, 5*time.Millisecond)
	assert.NotEqual(t, "1a5", lab.Project)

	req, err := http.NewRequest("GET", lab.Base+"/hosts", nil)
	require.NoError(t, err)
	req.SetBasicAuth(lab.ProjectKey[0], lab.ProjectKey[1])
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	cancel()
	require.NoError(t, <-ended)
	assert.Error(t, run(t.Context(), []string{"--nonsense"}))
	assert.Error(t, run(t.Context(), []string{"--listen", "nowhere"}))
	assert.Error(t, run(t.Context(), []string{"--lab", filepath.Join(file, "no")}))
}

// Of many writers at once, those that come while another's write is on its
// way are turned away, and nothing of theirs is stored.
func TestRace(t *testing.T) {
	b := newBenchWith(t, rancher.Options{Lock: 100 * time.Millisecond})
	s := b.service(thing{"scale": 1})
	answers := make([]int, 14)
	gate := make(chan struct{})
	var writers sync.WaitGroup
	for n := 2; n < len(answers); n++ {
		mine := b.client(b.server.ProjectKey())
		writers.Go(func() {
			<-gate
			if got, err := mine.try("PUT", self(s), thing{"scale": n}); assert.NoError(t, err) {
				answers[n] = got.status
			}
		})
	}
	close(gate)
	writers.Wait()
	stored := b.server.Scale(id(s))
	assert.Equal(t, http.StatusOK, answers[stored])
	assert.Contains(t, answers[2:], http.StatusConflict)
	for _, status := range answers[2:] {
		assert.Contains(t, []int{http.StatusOK, http.StatusConflict}, status)
	}
}
