package stack

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEtcdKeepsItsDataThroughAKill(t *testing.T) {
	t.Parallel()
	etcd := StartEtcd(t)
	post := func(path, body string) string {
		res, err := http.Post(etcd.URL+path, "application/json", strings.NewReader(body))
		require.NoError(t, err)
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, res.StatusCode, string(text))
		return string(text)
	}
	post("/v3/kv/put", `{"key": "a2V5", "value": "dmFsdWU="}`)
	etcd.Kill(t)
	require.False(t, etcd.Running())
	etcd.Start(t)
	require.Contains(t, post("/v3/kv/range", `{"key": "a2V5"}`), "dmFsdWU=")
	etcd.Stop(t)
	require.NotEmpty(t, etcd.Log())
}

func TestPortsAreGivenOnce(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for range 20 {
		port := FreePort(t)
		require.False(t, seen[port], "port %d", port)
		seen[port] = true
	}
}

func TestWaitTellsHowAProgramEnded(t *testing.T) {
	t.Parallel()
	p := newProcess(t, spec{name: "program", path: program(t, Etcd, "etcd"), args: []string{"--no-such-flag"}, dir: t.TempDir()})
	p.Launch(t)
	require.Error(t, p.Wait(t, 30*time.Second))
	require.Contains(t, p.Log(), "no-such-flag")
}
