package kubernetes

import (
	"encoding/json"
	"net/http"
	"slices"
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
	if q.Get("watch") == "" && q.Get("continue") == "" {
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
		f.listAutoscalers(w, r, plural)
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

// listAutoscalers returns a page.
func (f *fake) listAutoscalers(w http.ResponseWriter, r *http.Request, plural string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var paths []string
	for path := range f.whole {
		if strings.Contains(path, "/"+plural+"/") {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	from, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	meta, items := object{"resourceVersion": strconv.Itoa(f.versions)}, []object{}
	for i, path := range paths[from:] {
		if limit > 0 && i == limit {
			meta["continue"] = strconv.Itoa(from + i)
			break
		}
		items = append(items, f.whole[path])
	}
	w.Header().Set("Content-Type", mediaJSON)
	_ = json.NewEncoder(w).Encode(object{"kind": "List", "apiVersion": "v1", "metadata": meta, "items": items})
}

// watch tells of what create and remove do, and did since the version that is asked for, until the client goes.
func (f *fake) watch(w http.ResponseWriter, r *http.Request, plural string) {
	since, _ := strconv.Atoi(r.URL.Query().Get("resourceVersion"))
	mine := make(chan object, 1000)
	f.with(func() {
		f.changes = append(f.changes, mine)
		for _, event := range f.past {
			if event["version"].(int) > since {
				mine <- event
			}
		}
	})
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
			_, _ = w.Write(event["text"].([]byte))
			_ = http.NewResponseController(w).Flush()
		}
	}
}

// tell tells all watches of a change. The caller holds the lock.
func (f *fake) tell(kind, path string, o object) {
	parts := strings.Split(path, "/")
	text, _ := json.Marshal(object{"type": kind, "object": o})
	event := object{"plural": parts[len(parts)-2], "version": f.versions, "text": text}
	f.past = append(f.past, event)
	for _, c := range f.changes {
		c <- event
	}
}

// remove takes a whole object away.
func (f *fake) remove(path string) {
	f.with(func() {
		f.versions++
		f.tell("DELETED", path, f.whole[path])
		delete(f.whole, path)
	})
}
