package kubernetes

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

// fake is an API server that knows discovery and scale subresources, over real HTTP.
type fake struct {
	server *httptest.Server

	mu       sync.Mutex
	groups   []fakeGroup
	older    bool                   // than aggregated discovery
	objects  map[string]*fakeObject // scales
	whole    map[string]object
	listed   map[string]int   // how often autoscalers were listed, by the plural
	refusing map[string]fault // what answers in place of such a list, and a watch
	changes  []chan object    // what watches tell of
	past     []object         // what there was to tell so far
	events   map[string]*corev1.Event
	metadata int           // how often the metadata of objects alone were asked for
	written  int           // how often Events were sent
	noEvents fault         // answers in place of taking them
	gone     chan struct{} // closed when the test ends
	versions int
	counts   map[string]int // requests by "VERB path"
	agents   map[string]bool
	token    string // that is asked for; empty: none
	user     string // whom it is of; empty: nobody is told
	version  string // of the server
	down     bool
	// noPartial: objects are given whole, whatever is asked for; scalesOpen: scales may be read of what is locked.
	noPartial, scalesOpen bool
	delay                 time.Duration
	hurry                 chan struct{} // closed when the delay ends
	next                  []fault       // for the next requests, discovery aside
	lose                  bool          // the answer of the next write
	deaf                  bool          // writes are answered with success and not carried out
	index                 fault         // of the next requests of discovery
}

// fault answers in place of the fake, if it returns true.
type fault func(w http.ResponseWriter, r *http.Request) bool

type fakeGroup struct {
	name, version string
	stale         bool // the aggregated API behind it is down
	resources     []fakeResource
}

type fakeResource struct {
	name, kind        string
	namespaced, scale bool
}

type fakeObject struct {
	spec, status int
	version      string
}

func newFake(t testing.TB, http2 bool) *fake {
	f := &fake{version: "v1.35.0", user: "system:serviceaccount:alertscale:alertscale", objects: map[string]*fakeObject{}, whole: map[string]object{}, listed: map[string]int{}, refusing: map[string]fault{}, events: map[string]*corev1.Event{}, gone: make(chan struct{}), counts: map[string]int{}, agents: map[string]bool{}, groups: []fakeGroup{
		{"", "v1", false, []fakeResource{{"configmaps", "ConfigMap", true, false}, {"replicationcontrollers", "ReplicationController", true, true}}},
		{"apps", "v1", false, []fakeResource{{"deployments", "Deployment", true, true}, {"daemonsets", "DaemonSet", true, false}}},
		{"example.com", "v1", false, []fakeResource{{"fleets", "Fleet", false, true}}},
	}}
	f.server = httptest.NewUnstartedServer(f)
	f.server.EnableHTTP2 = http2
	f.server.StartTLS()
	t.Cleanup(func() { close(f.gone); f.server.Close() })
	return f
}

// kubeconfig writes a file with which the fake is reached.
func (f *fake) kubeconfig(t testing.TB) string {
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.server.Certificate().Raw})
	return kubeconfig(t, fmt.Sprintf(`
clusters: [{name: c, cluster: {server: %q, certificate-authority-data: %s}}]
users: [{name: u, user: {token: secret}}]
contexts: [{name: it, context: {cluster: c, user: u}}, {name: other, context: {cluster: c, user: u}}]
current-context: it
`, f.server.URL, base64.StdEncoding.EncodeToString(ca)))
}

func kubeconfig(t testing.TB, text string) string {
	file := filepath.Join(t.TempDir(), "config")
	require.NoError(t, os.WriteFile(file, []byte("apiVersion: v1\nkind: Config\n"+text), 0o600))
	return file
}

// with runs f while the fake stands still.
func (f *fake) with(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

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

// count returns how often requests came whose "VERB path" begins so.
func (f *fake) count(prefix string) (n int) {
	f.with(func() {
		for what, times := range f.counts {
			if strings.HasPrefix(what, prefix) {
				n += times
			}
		}
	})
	return n
}

// put sets the count of an object as somebody else would.
func (f *fake) put(path string, count int) {
	f.with(func() {
		f.versions++
		status := 0
		if old := f.objects[path]; old != nil {
			status = old.status
		}
		f.objects[path] = &fakeObject{count, status, strconv.Itoa(f.versions)}
	})
}

func (f *fake) get(path string) (o fakeObject) {
	f.with(func() { o = *f.objects[path] })
	return o
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.autoscalers(w, r) || f.takeEvent(w, r) || f.named(w, r) {
		return
	}
	path, scale := strings.CutSuffix(r.URL.Path, "/scale")
	workload := scale || strings.Contains(r.URL.Path, "/namespaces/")
	f.mu.Lock()
	f.counts[r.Method+" "+r.URL.Path]++
	f.agents[r.UserAgent()] = true
	delay, hurry, down, bad := f.delay, f.hurry, f.down, f.token != "" && r.Header.Get("Authorization") != "Bearer "+f.token
	var fail fault
	if !workload {
		fail = f.index
	} else if len(f.next) > 0 {
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
	switch {
	case down:
		panic(http.ErrAbortHandler)
	case bad:
		refuse(w, 401, "Unauthorized", "")
	case fail != nil && fail(w, r):
	case scale:
		f.scale(w, r, path)
	case workload:
		f.object(w, r)
	default:
		f.discover(w, r)
	}
}

func (f *fake) scale(w http.ResponseWriter, r *http.Request, path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	parts := strings.Split(path, "/")
	name, plural := parts[len(parts)-1], parts[len(parts)-2]
	o := f.objects[path]
	switch verb := verbs[r.Method]; {
	case !f.served(path, plural):
		http.Error(w, "404 page not found", 404)
	case strings.HasPrefix(name, "locked") && !f.scalesOpen || verb == "patch" && strings.HasPrefix(name, "readonly"):
		refuse(w, 403, fmt.Sprintf(`%s %q is forbidden: User "u" cannot %s resource "%s/scale" in API group "apps" in the namespace "shop"`, plural, name, verb, plural), name)
	case o == nil:
		refuse(w, 404, fmt.Sprintf("%s.apps %q not found", plural, name), name)
	case verb == "patch" && !f.patch(w, r, o, name):
	default:
		f.answer(w, r, o, name)
	}
}

func (f *fake) served(path, plural string) bool {
	return slices.ContainsFunc(f.groups, func(g fakeGroup) bool {
		return strings.HasPrefix(path, groupVersion{g.name, g.version}.path()+"/") &&
			slices.ContainsFunc(g.resources, func(r fakeResource) bool { return r.name == plural && r.scale })
	})
}

// patch carries a merge patch out, or refuses it and returns false.
func (f *fake) patch(w http.ResponseWriter, r *http.Request, o *fakeObject, name string) bool {
	var p struct {
		Metadata struct{ ResourceVersion string }
		Spec     struct{ Replicas *int }
	}
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	switch err := dec.Decode(&p); {
	case r.Header.Get("Content-Type") != "application/merge-patch+json":
		refuse(w, 415, "the body is no merge patch", name)
	case err != nil || p.Spec.Replicas == nil:
		refuse(w, 400, fmt.Sprint("bad patch: ", err), name)
	case *p.Spec.Replicas < 0:
		refuse(w, 422, "spec.replicas: Invalid value: must be greater than or equal to 0", name)
	case p.Metadata.ResourceVersion != o.version:
		refuse(w, 409, "the object has been modified; please apply your changes to the latest version and try again", name)
	default:
		if o.spec != *p.Spec.Replicas && !f.deaf {
			f.versions++
			o.spec, o.version = *p.Spec.Replicas, strconv.Itoa(f.versions)
		}
		return true
	}
	return false
}

func (f *fake) answer(w http.ResponseWriter, r *http.Request, o *fakeObject, name string) {
	if f.lose && r.Method == http.MethodPatch {
		f.lose = false
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", mediaJSON)
	spec := ""
	if o.spec != 0 { // as the real one leaves it out
		spec = fmt.Sprintf(`"replicas":%d`, o.spec)
	}
	fmt.Fprintf(w, `{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":%q,"namespace":"shop","uid":"1dc5a1b9-4f3e-4d0d-a8d8-1f2d4f4b6c11","resourceVersion":%q,"creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{%s},"status":{"replicas":%d,"selector":"app=web"}}`,
		name, o.version, spec, o.status)
}

func refuse(w http.ResponseWriter, code int, message, name string) {
	w.Header().Set("Content-Type", mediaJSON)
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure",
		"message": message, "code": code, "details": map[string]any{"name": name}})
}

// answering is a fault that answers with a status.
func answering(code int, retryAfter time.Duration) fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		if retryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter/time.Second)))
		}
		refuse(w, code, "not now", "")
		return true
	}
}
