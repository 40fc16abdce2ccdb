package swarm

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// fake is an engine that is the manager of a swarm, as far as its services go.
type fake struct {
	gate
	api      string // version that it speaks, and no other
	services map[string]*fakeService
	order    []string // their IDs, in which they are listed
	index    int      // of the last change of anything

	servicesOnly bool // as a proxy in front of it would have it
}

type fakeService struct {
	id      string
	index   int
	spec    map[string]any
	running int
	updates []string // the queries of the writes that were carried out
}

func newFake() *fake {
	f := &fake{api: "1.41", services: map[string]*fakeService{}}
	f.inner = http.HandlerFunc(f.answer)
	return f
}

// replicated is a spec with a field that no client knows, and an image without a tag.
const replicated = `{"Name":%q,"Labels":{"a":"<b>"},"TaskTemplate":{"ContainerSpec":{"Image":"web","Env":["SECRET=hush"],"Novel":{"A":[1.50,12345678901234567890]}}},"Mode":{"Replicated":{"Replicas":%d}},"EndpointSpec":{"Mode":"vip"}}`

// add makes a service that is ready.
func (f *fake) add(name string, count int) {
	f.addSpec(fmt.Sprintf(replicated, name, count), count)
}

func (f *fake) addSpec(spec string, running int) {
	f.with(func() {
		f.index++
		s := &fakeService{id: fmt.Sprintf("id%023d", f.index), index: f.index, spec: decodeSpec(spec), running: running}
		f.services[s.id] = s
		f.order = append(f.order, s.id)
	})
}

func decodeSpec(text string) map[string]any {
	var spec map[string]any
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&spec); err != nil {
		return nil
	}
	return spec
}

func (s *fakeService) name() string { return s.spec["Name"].(string) }

// replicated returns the part of the spec that holds the count.
func (s *fakeService) replicated() map[string]any {
	m, _ := s.spec["Mode"].(map[string]any)["Replicated"].(map[string]any)
	return m
}

func (s *fakeService) count() int {
	n, _ := strconv.Atoi(fmt.Sprint(s.replicated()["Replicas"]))
	return n
}

// edit changes a service as somebody else would.
func (f *fake) edit(name string, change func(*fakeService)) {
	f.with(func() {
		f.index++
		s := f.find(name)
		change(s)
		s.index = f.index
	})
}

func (f *fake) set(name string, count int) {
	f.edit(name, func(s *fakeService) { s.replicated()["Replicas"] = json.Number(strconv.Itoa(count)) })
}

func (f *fake) remove(name string) {
	f.with(func() {
		id := f.find(name).id
		delete(f.services, id)
		f.order = slices.DeleteFunc(f.order, func(other string) bool { return other == id })
	})
}

// find returns a service by name. The fake stands still.
func (f *fake) find(name string) *fakeService {
	for _, s := range f.services {
		if s.name() == name {
			return s
		}
	}
	return nil
}

func (f *fake) count(name string) (n int) {
	f.with(func() { n = f.find(name).count() })
	return n
}

func (f *fake) answer(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set(apiVersion, f.api)
	if r.URL.Path == "/_ping" {
		fmt.Fprint(w, "OK")
		return
	}
	f.route(w, r)
}

func (f *fake) route(w http.ResponseWriter, r *http.Request) {
	version, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v"), "/")
	id, update := strings.CutSuffix(strings.TrimPrefix(path, "services/"), "/update")
	switch {
	case version != f.api:
		refuse(w, 400, fmt.Sprintf("client version %s is too new. Maximum supported API version is %s", version, f.api))
	case r.Method == http.MethodGet && path == "version" && !f.servicesOnly:
		fmt.Fprint(w, `{"Version":"28.3.1","ApiVersion":"1.51"}`)
	case r.Method == http.MethodGet && path == "version":
		refuse(w, 403, "not for you")
	case r.Method == http.MethodGet && path == "services":
		f.list(w, r)
	case r.Method == http.MethodPost && update:
		f.update(w, r, f.services[id], id)
	default:
		refuse(w, 404, "page not found")
	}
}

// list answers with the services whose names begin as the filter says, as the real one does.
func (f *fake) list(w http.ResponseWriter, r *http.Request) {
	var filters map[string][]string
	if label, ok := strings.CutPrefix(r.URL.Query().Get("filters"), `{"label":`); ok {
		f.labelled(w, strings.TrimSuffix(label, "}"))
		return
	}
	if json.Unmarshal([]byte(r.URL.Query().Get("filters")), &filters) != nil || len(filters["name"]) != 1 {
		refuse(w, 400, "bad filters")
		return
	}
	if strings.HasPrefix(filters["name"][0], "locked") {
		refuse(w, 403, "not for you")
		return
	}
	all := []any{}
	for _, id := range f.order {
		s := f.services[id]
		if !strings.HasPrefix(s.name(), filters["name"][0]) {
			continue
		}
		out := map[string]any{"ID": s.id, "Version": map[string]any{"Index": s.index}, "Spec": s.spec}
		if r.URL.Query().Get("status") == "true" {
			out["ServiceStatus"] = map[string]any{"RunningTasks": s.running, "DesiredTasks": s.count()}
		}
		all = append(all, out)
	}
	_ = json.NewEncoder(w).Encode(all)
}

func (f *fake) update(w http.ResponseWriter, r *http.Request, s *fakeService, id string) {
	var spec map[string]any
	dec := json.NewDecoder(r.Body)
	dec.UseNumber()
	query := r.URL.Query()
	switch err := dec.Decode(&spec); {
	case s == nil:
		refuse(w, 404, "service "+id+" not found")
	case err != nil || r.Header.Get("Content-Type") != "application/json":
		refuse(w, 400, fmt.Sprint("bad spec: ", err))
	case strings.HasPrefix(s.name(), "readonly"):
		refuse(w, 403, "not for you")
	case query.Get("version") != strconv.Itoa(s.index):
		refuse(w, 500, "rpc error: code = Unknown desc = update out of sequence")
	default:
		f.index++
		s.index, s.spec = f.index, spec
		s.updates = append(s.updates, query.Encode())
		fmt.Fprint(w, `{"Warnings":["image web could not be accessed on a registry"]}`)
	}
}

func refuse(w http.ResponseWriter, code int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"message": message})
}
