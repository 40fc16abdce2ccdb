package rancher

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/stretchr/testify/require"

	"alertscale/rules"
	"alertscale/rules/engine"
)

type object = map[string]any

// fake is a Rancher over real HTTP that has what a test gives it, and changes by what it is asked for alone.
type fake struct {
	server *httptest.Server
	driver *Driver
	ahead  atomic.Int64
	pairs  []rules.Label

	mu         sync.Mutex
	things     map[string][]object // by type: stack, service, host, externalHostEvent
	secret     string
	kind       string   // of the account
	open       bool     // access control is off
	blind      bool     // the key may not see settings
	methods    []string // of a resource
	collection []string // of a collection
	requests   []string
	intercept  func(w http.ResponseWriter, r *http.Request) bool
	stored     func(service object) // what a PUT leads to
	log        strings.Builder
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{
		secret: "hush", kind: "project", methods: []string{"GET", "PUT", "DELETE"}, collection: []string{"GET", "POST"},
		things: map[string][]object{
			"stack":   {{"id": "1st1", "name": "shop", "accountId": "1a7", "state": "active"}},
			"setting": {{"id": "rancher.server.version", "type": "setting", "value": "v1.6.30"}},
		},
		stored: func(object) {}, pairs: []rules.Label{{Name: "pool", Value: "web"}},
	}
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	f.driver = f.newDriver(t, Config{})
	return f
}

func (f *fake) newDriver(t *testing.T, c Config) *Driver {
	t.Helper()
	if c.URL == "" {
		c.URL = f.server.URL
	}
	if c.SecretKey == "" && c.SecretKeyFile == "" {
		c.SecretKey = "hush"
	}
	c.AccessKey = "KEY"
	d, err := New(c, Options{
		Now:    func() time.Time { return time.Unix(1e9, f.ahead.Load()) },
		Group:  func(rules.Ref) ([]rules.Label, rules.Remove, bool) { return f.pairs, rules.RemoveNewest, true },
		Logger: log.NewLogfmtLogger(log.NewSyncWriter(&f.log)),
		Getenv: func(string) string { return "" },
	})
	require.NoError(t, err)
	return d
}

// web is a service of the stack, as it is served. More of it is set over that.
func (f *fake) web(more object) object {
	s := object{
		"id": "1s5", "type": "service", "name": "web", "stackId": "1st1", "accountId": "1a7", "state": "active",
		"transitioning": "no", "scale": 3, "currentScale": 3, "launchConfig": object{"labels": object{"a": "b"}},
	}
	maps.Copy(s, more)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.things["service"] = append(f.things["service"], s)
	return s
}

func (f *fake) set(s object, more object) {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.Copy(s, more)
}

func (f *fake) with(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// asked lists the requests so far, schemas and probes aside, and forgets them.
func (f *fake) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.requests
	f.requests = nil
	return all
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, secret, _ := r.BasicAuth()
	path := strings.TrimPrefix(r.URL.Path, "/v2-beta")
	if after, ok := strings.CutPrefix(path, "/projects/"); ok {
		path = after[strings.Index(after, "/"):]
	}
	f.mu.Lock()
	intercept, known, kind := f.intercept, secret == f.secret, f.kind
	first := strings.HasPrefix(path, "/schemas") || r.URL.Query().Get("limit") == "1"
	if !first {
		f.requests = append(f.requests, r.Method+" "+path)
	}
	f.mu.Unlock()
	w.Header().Set("X-API-Schemas", f.base()+"/schemas")
	if intercept != nil && intercept(w, r) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !known && !f.open:
		refuse(w, 401, "Unauthorized")
		return
	case !known:
		kind = "admin"
	}
	w.Header().Set("X-API-ACCOUNT-KIND", kind)
	w.Header().Set("X-API-ACCOUNT-ID", map[bool]string{true: "1a7", false: "1a9"}[kind == "project" || f.ofContainer(kind)])
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if parts[0] == "schemas" {
		f.answerSchemas(w, parts)
		return
	}
	f.answer(w, r, parts)
}

func (f *fake) ofContainer(kind string) bool { return kind == "environment" || kind == "projectadmin" }

func (f *fake) base() string { return f.server.URL + "/v2-beta/projects/1a7" }

var collections = map[string]string{"stacks": "stack", "services": "service", "hosts": "host", "externalhostevents": "externalHostEvent", "settings": "setting"}

func (f *fake) answer(w http.ResponseWriter, r *http.Request, parts []string) {
	kind := collections[parts[0]]
	all := f.things[kind]
	switch {
	case r.Method == "POST" && len(parts) == 2:
		f.act(w, r, parts[1])
	case r.Method == "POST":
		made := object{}
		_ = json.NewDecoder(r.Body).Decode(&made)
		f.made(kind, made)
		reply(w, 201, made)
	case len(parts) == 1:
		reply(w, 200, f.page(r, all))
	default:
		i := slices.IndexFunc(all, func(o object) bool { return o["id"] == parts[1] })
		if i < 0 {
			refuse(w, 404, "NotFound")
			return
		}
		f.onThing(w, r, kind, i)
	}
}

func (f *fake) onThing(w http.ResponseWriter, r *http.Request, kind string, i int) {
	o := f.things[kind][i]
	switch r.Method {
	case "PUT":
		var changes object
		_ = json.NewDecoder(r.Body).Decode(&changes)
		maps.Copy(o, changes)
		f.stored(o)
	case "DELETE":
		o["state"] = "removing"
	}
	reply(w, 200, o)
}

// made stores what is created.
func (f *fake) made(kind string, o object) {
	o["id"] = fmt.Sprintf("1%s%d", kind[:1], 100+len(f.things[kind]))
	o["accountId"] = "1a7"
	switch kind {
	case "host":
		o["state"], o["createdTS"] = "registering", 1000+len(f.things[kind])
	case "externalHostEvent":
		for _, h := range f.things["host"] {
			if h["id"] == o["hostId"] {
				h["state"] = "deactivating"
			}
		}
	}
	f.things[kind] = append(f.things[kind], o)
}

// page filters by name, which it knows, and by nothing else; a page has 100.
func (f *fake) page(r *http.Request, all []object) object {
	q := r.URL.Query()
	var found []object
	for _, o := range all {
		if n := q.Get("name"); (n == "" || o["name"] == n) && o["state"] != "removed" && o["state"] != "purged" {
			found = append(found, o)
		}
	}
	start := 0
	_, _ = fmt.Sscan(q.Get("marker"), &start)
	end := min(start+100, len(found))
	pagination := object{"limit": 100, "partial": end < len(found)}
	if end < len(found) {
		q.Set("marker", fmt.Sprint(end))
		pagination["next"] = f.server.URL + r.URL.Path + "?" + q.Encode()
	}
	return object{"type": "collection", "data": found[start:end], "pagination": pagination}
}

func (f *fake) answerSchemas(w http.ResponseWriter, parts []string) {
	var all []object
	for collection, kind := range collections {
		if kind == "setting" && f.blind {
			continue
		}
		fields := object{"hostname": object{"type": "string", "create": true}, "name": object{"type": "string", "create": true}, "labels": object{"type": "map[string]", "create": true},
			"state": object{"type": "enum"}, "hostTemplateId": object{"type": "reference", "create": true}, "fooConfig": object{"type": "fooConfig", "create": true}, "barConfig": object{"type": "barConfig", "create": true}}
		methods := f.collection
		if kind == "host" && f.ofContainer(f.kind) {
			methods = []string{"GET"}
		}
		s := object{
			"id": kind, "type": "schema", "resourceMethods": f.methods, "collectionMethods": methods, "resourceFields": fields,
			"links": object{"self": f.base() + "/schemas/" + kind, "collection": f.base() + "/" + collection},
		}
		if len(parts) == 2 && parts[1] == kind {
			reply(w, 200, s)
			return
		}
		all = append(all, s)
	}
	reply(w, 200, object{"data": all})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, code string) {
	reply(w, status, object{"id": "f00", "type": "error", "links": object{}, "actions": object{}, "status": status, "code": code, "message": nil, "detail": nil, "baseType": "error"})
}

// faults answers the next requests with a method, and of a path that has the text in it.
func (f *fake) faults(method, path string, do func(w http.ResponseWriter)) {
	f.with(func() {
		f.intercept = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != method || !strings.Contains(r.URL.Path, path) {
				return false
			}
			do(w)
			return true
		}
	})
}

func webRef() rules.Ref {
	return rules.Ref{Driver: "rancher", Kind: "service", Namespace: "shop", Name: "web"}
}

func (f *fake) observe(t *testing.T) engine.Observed {
	t.Helper()
	o, err := f.driver.Observe(t.Context(), webRef())
	require.NoError(t, err)
	return o
}

func (f *fake) scale(t *testing.T, from, to int) error {
	t.Helper()
	return f.driver.Scale(t.Context(), webRef(), engine.Change{From: from, To: to})
}
