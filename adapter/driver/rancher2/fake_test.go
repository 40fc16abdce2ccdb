package rancher2

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/rules"
)

type object = map[string]any

// fake is a Rancher 2 server over real HTTP. It has the clusters and node pools that a test gives it, which change
// by what it is asked for alone.
type fake struct {
	server *httptest.Server
	ahead  atomic.Int64 // of the drivers' clock

	mu       sync.Mutex
	token    string
	user     string            // whom it is of
	clusters map[string]object // by name
	pools    map[string]object // node pools, by id
	made     int
	requests []string
	agents   map[string]bool
	next     []fault // for the next requests
	down     bool
	lose     bool // the answer of the next write
	deaf     bool // writes are answered with success and not carried out
	delay    time.Duration
	hurry    chan struct{} // closed when the delay ends
}

// fault answers in place of the fake, if it returns true.
type fault func(w http.ResponseWriter, r *http.Request) bool

func newFake(t testing.TB) *fake {
	f := &fake{token: "token-abcde:hush", user: "scaler", clusters: map[string]object{}, pools: map[string]object{}, agents: map[string]bool{}}
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	return f
}

// driver is one of the fake, on a clock that stands still unless it is set ahead.
func (f *fake) driver(t testing.TB) *Driver {
	return f.driverWith(t, Config{Token: "token-abcde:hush"})
}

func (f *fake) driverWith(t testing.TB, c Config) *Driver {
	c.URL = f.server.URL + "/v3/"
	d, err := New(c, Options{Version: "1.2.3", Now: f.now})
	require.NoError(t, err)
	return d
}

// now is later than any file.
func (f *fake) now() time.Time { return time.Unix(5e9, f.ahead.Load()) }

func (f *fake) wait(d time.Duration) { f.ahead.Add(int64(d)) }

// with runs do while the fake stands still.
func (f *fake) with(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

// asked lists the requests so far and forgets them.
func (f *fake) asked() (all []string) {
	f.with(func() { all, f.requests = f.requests, nil })
	return all
}

// count counts the requests of some methods since they were last forgotten.
func (f *fake) count(methods ...string) (n int) {
	f.with(func() {
		for _, r := range f.requests {
			for _, m := range methods {
				if strings.HasPrefix(r, m+" ") {
					n++
				}
			}
		}
	})
	return n
}

func (f *fake) fail(faults ...fault) { f.with(func() { f.next = append(f.next, faults...) }) }

// slow delays every answer by so much, until it is called with zero.
func (f *fake) slow(delay time.Duration) {
	f.with(func() {
		if f.hurry != nil {
			close(f.hurry)
		}
		f.delay, f.hurry = delay, nil
		if delay > 0 {
			f.hurry = make(chan struct{})
		}
	})
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests = append(f.requests, r.Method+" "+r.URL.Path)
	f.agents[r.UserAgent()] = true
	delay, hurry, down, known := f.delay, f.hurry, f.down, r.Header.Get("Authorization") == "Bearer "+f.token
	var fail fault
	if len(f.next) > 0 {
		fail, f.next = f.next[0], f.next[1:]
	}
	f.mu.Unlock()
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
		case <-hurry:
		}
	}
	const clusters, pools = "/k8s/clusters/local/apis/provisioning.cattle.io/v1/namespaces/fleet-default/clusters/", "/v3/nodePools/"
	switch {
	case down:
		panic(http.ErrAbortHandler)
	case !known:
		reply(w, 401, object{"type": "error", "status": "401", "message": "Unauthorized 401: must authenticate"})
	case fail != nil && fail(w, r):
	case r.URL.String() == "/v3/users?me=true":
		reply(w, 200, object{"type": "collection", "data": []object{{"id": "u-abcde", "username": f.user}}})
	case r.URL.Path == "/v3/settings/server-version":
		reply(w, 200, object{"id": "server-version", "value": "v2.12.1"})
	case r.URL.Path == "/k8s/clusters/local/version":
		reply(w, 200, object{"gitVersion": "v1.33.4+k3s1"})
	case strings.HasPrefix(r.URL.Path, clusters):
		f.onCluster(w, r, strings.TrimPrefix(r.URL.Path, clusters))
	case strings.HasPrefix(r.URL.Path, pools):
		f.onNodePool(w, r, strings.TrimPrefix(r.URL.Path, pools))
	default:
		http.NotFound(w, r)
	}
}

// answer answers a request that was carried out.
func (f *fake) answer(w http.ResponseWriter, r *http.Request, o object) {
	if f.lose && r.Method != http.MethodGet {
		f.lose = false
		panic(http.ErrAbortHandler)
	}
	reply(w, 200, o)
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", mediaJSON)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// saying is a fault that answers with a text, and headers by turns of name and value.
func saying(status int, text string, headers ...string) fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
		return true
	}
}

// answering is a fault that answers with a status, and with Retry-After where that is not zero.
func answering(status int, after time.Duration) fault {
	if after == 0 {
		return saying(status, "not now")
	}
	return saying(status, "not now", "Retry-After", strconv.Itoa(int(after/time.Second)))
}

// normanError is what Rancher's own API says where it does not do what it is asked for.
func normanError(w http.ResponseWriter, status int, code, message, field string) {
	reply(w, status, object{"type": "error", "baseType": "error", "status": status, "code": code, "message": message, "fieldName": field})
}

// addNodePool makes a node pool and returns its ref.
func (f *fake) addNodePool(name string, quantity int) rules.Ref {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made++
	name = fmt.Sprint(name, f.made)
	f.pools["c-abcde:"+name] = object{"type": "nodePool", "id": "c-abcde:" + name, "state": "active", "transitioning": "no", "quantity": quantity}
	return rules.Ref{Driver: "r", Kind: kindNodePool, Namespace: "c-abcde", Name: name}
}

func (f *fake) nodePool(ref rules.Ref) object { return f.pools[ref.Namespace+":"+ref.Name] }

func (f *fake) onNodePool(w http.ResponseWriter, r *http.Request, id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, name := f.pools[id], id[strings.Index(id, ":")+1:]
	var sent object
	switch {
	case strings.HasPrefix(name, "locked"):
		normanError(w, 403, "Forbidden", "nodepools.management.cattle.io is forbidden", "")
	case p == nil:
		normanError(w, 404, "NotFound", fmt.Sprintf("nodePools.management.cattle.io %q not found", name), "")
	case r.Method == http.MethodGet:
		f.answer(w, r, p)
	case strings.HasPrefix(name, "readonly"):
		normanError(w, 405, "MethodNotAllow", "Method PUT not supported", "")
	case r.Method != http.MethodPut || json.NewDecoder(r.Body).Decode(&sent) != nil || len(sent) != 1:
		normanError(w, 422, "InvalidBodyContent", "want a quantity", "")
	default:
		if !f.deaf {
			p["quantity"] = sent["quantity"]
		}
		f.answer(w, r, p)
	}
}

func write(t testing.TB, text string) string {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}
