package rancher_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/test/fakerancher/rancher"
)

// hands is a clock that a test moves.
type hands struct {
	mu   sync.Mutex
	time time.Time
}

func (h *hands) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.time
}

func (h *hands) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.time = h.time.Add(d)
}

// start makes a server whose clock stands still.
func start(t *testing.T) (*rancher.Server, *hands) {
	t.Helper()
	h := &hands{time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	return rancher.Start(t, rancher.Options{Now: h.now}), h
}

// caller is a key at a server.
type caller struct {
	t   *testing.T
	url string
	key rancher.Key
}

func with(t *testing.T, s *rancher.Server, key rancher.Key) caller {
	return caller{t: t, url: s.URL(), key: key}
}

func (c caller) try(method, path, body string) (int, map[string]any, http.Header, error) {
	req, err := http.NewRequest(method, c.url+"/"+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	req.SetBasicAuth(c.key.Access, c.key.Secret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	var decoded map[string]any
	_ = json.NewDecoder(resp.Body).Decode(&decoded) // a proxy's page is none
	return resp.StatusCode, decoded, resp.Header, nil
}

func (c caller) call(method, path, body string) (int, map[string]any) {
	c.t.Helper()
	status, decoded, _, err := c.try(method, path, body)
	require.NoError(c.t, err)
	return status, decoded
}

func (c caller) status(method, path, body string) int {
	c.t.Helper()
	status, _ := c.call(method, path, body)
	return status
}

func (c caller) names(path string) []any {
	c.t.Helper()
	_, page := c.call("GET", path, "")
	names := []any{}
	for _, one := range page["data"].([]any) {
		names = append(names, one.(map[string]any)["name"])
	}
	return names
}

// put writes a service's scale, as far as the client's patience lasts.
func put(client *http.Client, c caller, id, scale string) error {
	req, err := http.NewRequest("PUT", c.url+"/services/"+id, strings.NewReader(`{"scale":`+scale+`}`))
	if err != nil {
		return err
	}
	req.SetBasicAuth(c.key.Access, c.key.Secret)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
