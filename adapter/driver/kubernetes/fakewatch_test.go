package kubernetes

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// autoscalers serves lists and watches of autoscalers, which are in no count of requests: false for any other request.
// Where the kind is not one that the fake has, or refusing answers, there is no list.
func (f *fake) autoscalers(w http.ResponseWriter, r *http.Request) bool {
	group, plural := strings.Split(r.URL.Path, "/")[2:], ""
	if len(group) == 3 {
		plural = group[2]
	}
	if plural != "horizontalpodautoscalers" && plural != "scaledobjects" {
		return false
	}
	q := r.URL.Query()
	f.mu.Lock()
	fail, down := f.refusing[plural], f.down
	has := f.has(plural)
	if q.Get("watch") == "" {
		f.listed[plural]++
	}
	f.mu.Unlock()
	switch {
	case down:
		panic(http.ErrAbortHandler)
	case fail != nil && fail(w, r):
	case !has:
		http.Error(w, "404 page not found", 404)
	case q.Get("sendInitialEvents") != "":
		refuse(w, 422, "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled", "")
	case q.Get("watch") != "":
		f.watch(w, r, plural)
	default:
		f.listAutoscalers(w, plural)
	}
	return true
}

func (f *fake) has(plural string) bool {
	for _, g := range f.groups {
		for _, r := range g.resources {
			if r.name == plural {
				return true
			}
		}
	}
	return false
}

func (f *fake) listAutoscalers(w http.ResponseWriter, plural string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	items := []object{}
	for path, o := range f.whole {
		if strings.Contains(path, "/"+plural+"/") {
			items = append(items, o)
		}
	}
	w.Header().Set("Content-Type", mediaJSON)
	_ = json.NewEncoder(w).Encode(object{"kind": "List", "apiVersion": "v1", "metadata": object{"resourceVersion": strconv.Itoa(f.versions)}, "items": items})
}

// watch tells of what create and remove do, until the client goes.
func (f *fake) watch(w http.ResponseWriter, r *http.Request, plural string) {
	mine := make(chan object, 1000)
	f.with(func() { f.changes = append(f.changes, mine) })
	w.Header().Set("Content-Type", mediaJSON)
	w.WriteHeader(200)
	_ = http.NewResponseController(w).Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-f.gone:
			return
		case event := <-mine:
			if event["plural"] != plural {
				continue
			}
			_ = json.NewEncoder(w).Encode(object{"type": event["type"], "object": event["object"]})
			_ = http.NewResponseController(w).Flush()
		}
	}
}

// tell tells all watches of a change. The caller holds the lock.
func (f *fake) tell(kind, path string, o object) {
	parts := strings.Split(path, "/")
	for _, c := range f.changes {
		c <- object{"type": kind, "plural": parts[len(parts)-2], "object": o}
	}
}

// remove takes a whole object away.
func (f *fake) remove(path string) {
	f.with(func() {
		f.tell("DELETED", path, f.whole[path])
		delete(f.whole, path)
	})
}
