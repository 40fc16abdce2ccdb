package config

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/adapter/sink/remote"
	"alertscale/rules/engine"
)

// TestSinks: those of the file are told from its load on, each with the token that is read with it, and a file whose tokens
// cannot be read changes nothing.
func TestSinks(t *testing.T) {
	told := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		told <- r.URL.Path + " " + r.Header.Get("Authorization")
	}))
	defer server.Close()
	dir := t.TempDir()
	path, token := filepath.Join(dir, "alertscale.yml"), filepath.Join(dir, "token")
	write := func(path, text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	sinks := func(at string) string {
		return "sinks:\n  - {type: webhook, url: '" + server.URL + at + "', token_file: token}\n" + small
	}
	write(token, "one")
	write(path, sinks("/a"))

	r := newReloading(t, path)
	r.Sinks = remote.New(remote.Options{Source: "http://box", Version: "1", Logger: log.NewNopLogger(), Metrics: remote.NewMetrics(prometheus.NewRegistry())})
	defer r.Sinks.Close(t.Context())
	hear := func(want string) {
		t.Helper()
		r.Sinks.Record(controller.DecisionRecord{At: time.Now(), Decision: engine.Decision{Ref: "r", Target: "web", Rule: "busy", Verdict: engine.Scaled}})
		require.Equal(t, want, <-told)
	}
	_, err := r.Load()
	require.NoError(t, err)
	hear("/a Bearer one")
	write(token, "two")
	require.NoError(t, r.Reload())
	hear("/a Bearer two")
	write(path, sinks("/b"))
	require.NoError(t, os.Remove(token))
	require.ErrorContains(t, r.Reload(), path+":2: sinks[0]: token_file: open "+token)
	hear("/a Bearer two")
	write(token, "three")
	require.NoError(t, r.Reload())
	hear("/b Bearer three")
	text, _ := r.Config()
	require.NotContains(t, text, "three")
}

// TestSinks_DryRun: a process that is a dry run tells nobody who does not ask for it.
func TestSinks_DryRun(t *testing.T) {
	told := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		told <- r.URL.Path
	}))
	defer server.Close()
	path := filepath.Join(t.TempDir(), "alertscale.yml")
	require.NoError(t, os.WriteFile(path, []byte("sinks:\n  - {type: webhook, url: '"+server.URL+"/usual'}\n"+
		"  - {type: webhook, url: '"+server.URL+"/asked', verdicts: [dry_run, failed]}\n"+small), 0o600))
	r := newReloading(t, path)
	r.Options.DryRun = true
	r.Sinks = remote.New(remote.Options{Source: "http://box", Version: "1", Logger: log.NewNopLogger(), Metrics: remote.NewMetrics(prometheus.NewRegistry())})
	_, err := r.Load()
	require.NoError(t, err)
	for _, v := range []engine.Verdict{engine.DryRun, engine.Failed} {
		r.Sinks.Record(controller.DecisionRecord{At: time.Now(), Decision: engine.Decision{Ref: "r", Target: "web", Rule: "busy", Verdict: v}})
	}
	r.Sinks.Close(t.Context())
	close(told)
	for at := range told {
		require.Equal(t, "/asked", at)
	}
}

// TestSinks_Page: the file of the page is one.
func TestSinks_Page(t *testing.T) {
	page, err := os.ReadFile("../../docs/sinks.md")
	require.NoError(t, err)
	_, block, ok := strings.Cut(string(page), "```yaml\n")
	require.True(t, ok)
	block, _, _ = strings.Cut(block, "```")
	f, err := Parse("sinks.md", []byte(block+small), LoadOptions{})
	require.NoError(t, err)
	require.Len(t, f.Sinks, 2)
}
