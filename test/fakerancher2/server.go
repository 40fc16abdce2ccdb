// Package fakerancher2 is a stand-in for a Rancher 2 server, over real HTTP: its tokens, its way to the
// Kubernetes API of the clusters that it manages, and the node pools of its own API, as far as they matter to
// whoever scales. Behind /k8s/clusters/ are API servers that the test has started.
//
// Its server is behind a stack.Proxy, so whatever can befall a request in the net is injected there; what only
// a Rancher or a load balancer in front of it says is in ConflictNext, RefuseNext, Gateway and Login.
//
// What it says was read from Rancher's sources. UNVERIFIED marks what was not seen on a running one.
package fakerancher2

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"alertscale/test/stack"
)

// Options say what a server is like.
type Options struct {
	TLS    bool          // https, with the certificate Server.CA; else plain HTTP
	Settle time.Duration // how long a node pool is updating after a change; default 300 ms
}

// Server is the stand-in. All its methods may be called at any time. The proxy that it embeds is what clients
// speak to: its URL, with Inject, Requests, Down and Up.
type Server struct {
	*stack.Proxy
	CA []byte // PEM of the certificate that it shows; nil on plain HTTP

	options Options

	mu        sync.Mutex // of everything below
	now       func() time.Time
	holders   map[string]Holder // by token
	clusters  map[string]*cluster
	pools     map[string]*NodePool
	nodePools bool
	made      int
}

// Start starts a server, which ends with the test. It knows no tokens, clusters and node pools yet.
func Start(t stack.T, o Options) *Server {
	t.Helper()
	if o.Settle == 0 {
		o.Settle = 300 * time.Millisecond
	}
	s := &Server{
		options: o, now: time.Now, holders: map[string]Holder{}, clusters: map[string]*cluster{},
		pools: map[string]*NodePool{}, nodePools: true,
	}
	inner := httptest.NewUnstartedServer(s)
	t.Cleanup(inner.Close)
	behind := "http://" + inner.Listener.Addr().String()
	if o.TLS {
		s.Proxy, s.CA = stack.StartTLSProxy(t, behind)
	} else {
		s.Proxy = stack.StartProxy(t, behind)
	}
	inner.Start() // last: its links have the address of the proxy
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	holder, ok := s.authenticate(r)
	if !ok {
		unauthorized(w)
		return
	}
	parts := strings.Split(r.URL.Path, "/")
	switch {
	case len(parts) > 3 && parts[1] == "k8s" && parts[2] == "clusters":
		s.serveCluster(w, r, holder, parts[3])
	case len(parts) > 2 && parts[1] == "v3" && parts[2] == "nodePools":
		s.serveNodePools(w, r, holder, strings.Join(parts[3:], "/"))
	case r.URL.Path == "/v3/users" && r.URL.RawQuery == "me=true":
		serveUser(w, holder)
	case r.URL.Path == "/v3/settings/server-version":
		writeJSON(w, http.StatusOK, map[string]any{"id": "server-version", "type": "setting", "value": Version})
	default:
		http.NotFound(w, r)
	}
}

// Version is what the server says that it is.
const Version = "v2.12.1"

// serveUser says whose a token is. UNVERIFIED.
func serveUser(w http.ResponseWriter, h Holder) {
	name := "scaler"
	if h.Members == nil {
		name = "admin"
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"type": "collection", "resourceType": "user", "data": []any{map[string]any{"id": "user-" + name, "type": "user", "username": name}},
	})
}
