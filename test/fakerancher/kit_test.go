package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"alertscale/test/fakerancher/rancher"
)

// thing is a decoded answer, or one resource.
type thing = map[string]any

// bench is a server on a clock that stands still unless a test moves it, and
// clients of it.
type bench struct {
	t       *testing.T
	server  *rancher.Server
	base    string
	project string
	env     *client // with the environment's key
	user    *client // with an account's key
	nobody  *client
	stack   thing

	mu   sync.Mutex
	time time.Time
}

func newBench(t *testing.T) *bench { return newBenchWith(t, rancher.Options{}) }

func newBenchWith(t *testing.T, options rancher.Options) *bench {
	t.Helper()
	b := &bench{t: t, time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	options.Now = b.now
	b.server = rancher.Start(t, options)
	b.base, b.project = b.server.URL(), b.server.Project()
	b.env, b.user = b.client(b.server.ProjectKey()), b.client(b.server.UserKey())
	b.nobody = b.client(rancher.Key{Access: "nobody", Secret: "nothing"})
	b.stack = b.settled(b.create("stacks", thing{"name": "stack"}))
	return b
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.time
}

// pass lets time go by.
func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.time = b.time.Add(d)
}

func (b *bench) client(key rancher.Key) *client {
	return &client{b: b, http: &http.Client{Timeout: time.Minute}, key: key, headers: map[string]string{}}
}

// client is one key at the server.
type client struct {
	b       *bench
	http    *http.Client
	key     rancher.Key
	headers map[string]string
}

type answer struct {
	status int
	header http.Header
	body   thing
}

// call sends a request; a path may be a whole URL, a body text that is sent
// as it is.
func (c *client) call(method, path string, body any) answer {
	c.b.t.Helper()
	got, err := c.try(method, path, body)
	require.NoError(c.b.t, err)
	return got
}

func (c *client) try(method, path string, body any) (answer, error) {
	url := path
	if !strings.HasPrefix(path, "http") {
		url = c.b.base + "/" + path
	}
	var reader io.Reader
	switch v := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(v)
	default:
		encoded, err := json.Marshal(v)
		if err != nil {
			return answer{}, err
		}
		reader = strings.NewReader(string(encoded))
	}
	req, err := http.NewRequest(method, url, reader)
	if err != nil {
		return answer{}, err
	}
	if c.key.Access != "" {
		req.SetBasicAuth(c.key.Access, c.key.Secret)
	}
	for name, value := range c.headers {
		req.Header.Set(name, value)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	got := answer{status: resp.StatusCode, header: resp.Header}
	return got, json.NewDecoder(resp.Body).Decode(&got.body)
}

func (c *client) get(path string) thing { c.b.t.Helper(); return c.call("GET", path, nil).body }

func (c *client) list(path string) []thing {
	c.b.t.Helper()
	return items(c.get(path))
}

func items(collection thing) []thing {
	var found []thing
	for _, one := range collection["data"].([]any) {
		found = append(found, one.(thing))
	}
	return found
}

func self(of thing) string { return of["links"].(thing)["self"].(string) }

func id(of thing) string { return of["id"].(string) }

func (b *bench) reload(of thing) thing { b.t.Helper(); return b.env.get(self(of)) }

func (b *bench) create(types string, fields thing) thing {
	b.t.Helper()
	got := b.env.call("POST", types, fields)
	require.Equal(b.t, http.StatusCreated, got.status, got.body)
	return got.body
}

func (b *bench) put(of thing, fields any) answer {
	b.t.Helper()
	return b.env.call("PUT", self(of), fields)
}

// act does an action that is offered.
func (b *bench) act(of thing, action string, body any) answer {
	b.t.Helper()
	url, offered := b.reload(of)["actions"].(thing)[action].(string)
	require.True(b.t, offered, "%s is not offered", action)
	return b.env.call("POST", url, body)
}

// until moves the clock on until a resource is as wanted.
func (b *bench) until(of thing, wanted func(thing) bool) thing {
	b.t.Helper()
	for range 1000 {
		if now := b.reload(of); wanted(now) {
			return now
		}
		b.pass(50 * time.Millisecond)
	}
	require.FailNow(b.t, "never as wanted", "%v", b.reload(of))
	return nil
}

// settled waits until a resource changes no more by itself; being in trouble
// counts as settled.
func (b *bench) settled(of thing) thing {
	b.t.Helper()
	return b.until(of, func(now thing) bool { return now["transitioning"] != "yes" })
}

func (b *bench) in(of thing, state string) thing {
	b.t.Helper()
	return b.until(of, func(now thing) bool { return now["state"] == state })
}

// service makes a service and waits for it.
func (b *bench) service(fields thing) thing {
	b.t.Helper()
	return b.settled(b.unsettled(fields))
}

func (b *bench) unsettled(fields thing) thing {
	b.t.Helper()
	whole := thing{
		"name": fmt.Sprintf("s%d", len(b.server.Requests())), "stackId": id(b.stack), "scale": 2, "startOnCreate": true,
		"launchConfig": thing{"imageUuid": "sim:web"},
	}
	for name, value := range fields {
		whole[name] = value
	}
	return b.create("services", whole)
}

// has compares some fields. Numbers are compared as JSON has them.
func (b *bench) has(of thing, want thing) {
	b.t.Helper()
	for name, value := range want {
		if n, ok := value.(int); ok {
			value = float64(n)
		}
		assert.Equal(b.t, value, of[name], name)
	}
}

func (b *bench) looks(of thing, want thing) thing {
	b.t.Helper()
	now := b.reload(of)
	b.has(now, want)
	return now
}

func (b *bench) offers(of thing, actions ...string) {
	b.t.Helper()
	for _, action := range actions {
		assert.Contains(b.t, of["actions"], action)
	}
}

func (b *bench) refused(got answer, status int, code string, fieldName any) {
	b.t.Helper()
	assert.Equal(b.t, status, got.status, got.body)
	b.has(got.body, thing{"type": "error", "baseType": "error", "status": status, "code": code, "fieldName": fieldName})
	assert.NotEmpty(b.t, got.header.Get("X-API-Schemas"))
}

// running counts the containers of a service that run.
func (b *bench) running(of thing) int {
	b.t.Helper()
	n := 0
	for _, one := range b.env.list(of["links"].(thing)["instances"].(string) + "?limit=1000") {
		if one["state"] == "running" && one["removed"] == nil {
			n++
		}
	}
	return n
}
