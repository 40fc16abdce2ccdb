package kubernetes

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// takeEvent serves what is written of Events, which is in no count of requests: false for any other request.
func (f *fake) takeEvent(w http.ResponseWriter, r *http.Request) bool {
	namespace, name, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/v1/namespaces/"), "/events")
	if !ok || strings.Contains(namespace, "/") {
		return false
	}
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.written++
	switch {
	case f.down:
		panic(http.ErrAbortHandler)
	case f.noEvents != nil:
		f.noEvents(w, r)
		return true
	case r.Method == http.MethodPost:
		e := &corev1.Event{}
		if err := json.Unmarshal(body, e); err != nil || e.Namespace != namespace {
			refuse(w, 400, "no event", "")
			return true
		}
		f.events[e.Name] = e
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(e)
	default:
		e := f.events[strings.TrimPrefix(name, "/")]
		if e == nil || json.Unmarshal(body, e) != nil || r.Header.Get("Content-Type") != mediaStrategicPatch {
			refuse(w, 404, "no such event", "")
			return true
		}
		_ = json.NewEncoder(w).Encode(e)
	}
	return true
}

// told returns the Events by their messages.
func (f *fake) told() map[string]corev1.Event {
	all := map[string]corev1.Event{}
	f.with(func() {
		for e := range maps.Values(f.events) {
			all[e.Message] = *e
		}
	})
	return all
}
