package figures

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// scales is an API server that knows of Deployments alone: there is one in each namespace that it is asked about, of
// one replica at first. It takes whatever it is sent.
type scales struct {
	mu      sync.Mutex
	counts  map[string]int // by namespace
	refuses bool
}

// refuse has it answer 503 to what is about Deployments, or not any more.
func (s *scales) refuse(does bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuses = does
}

// count returns the replicas of a namespace's Deployment.
func (s *scales) count(namespace string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[namespace] + 1
}

const (
	noKinds = `{"kind":"APIGroupDiscoveryList","items":[]}`
	kinds   = `{"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":"apps"},"versions":[{"version":"v1","resources":[
		{"resource":"deployments","responseKind":{"kind":"Deployment"},"scope":"Namespaced","subresources":[{"subresource":"scale"}]}]}]}]}`
)

// ServeHTTP implements http.Handler.
func (s *scales) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch part := strings.Split(r.URL.Path, "/"); {
	case r.URL.Path == "/api":
		_, _ = io.WriteString(w, noKinds)
	case r.URL.Path == "/apis":
		_, _ = io.WriteString(w, kinds)
	case len(part) == 9 && part[8] == "scale": // /apis/apps/v1/namespaces/NAMESPACE/deployments/NAME/scale
		s.scale(w, r, part[5], part[7])
	default:
		http.NotFound(w, r)
	}
}

func (s *scales) scale(w http.ResponseWriter, r *http.Request, namespace, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuses {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	if r.Method == http.MethodPatch {
		var sent struct{ Spec struct{ Replicas int } }
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.counts[namespace] = sent.Spec.Replicas - 1
	}
	count := s.counts[namespace] + 1
	fmt.Fprintf(w, `{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":%q,"namespace":%q,"resourceVersion":"%d"},`+
		`"spec":{"replicas":%[3]d},"status":{"replicas":%[3]d}}`, name, namespace, count)
}
