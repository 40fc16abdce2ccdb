package fakerancher2

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	"alertscale/test/stack"
)

// Local is the id of the cluster that Rancher itself runs in.
const Local = "local"

// Cluster is a cluster that is managed.
type Cluster struct {
	URL   string // of its API server
	CA    []byte // PEM of the certificate that this shows; nil on plain HTTP
	Token string // of the account in whose name everybody's requests are made there
}

// State is how Rancher gets on with a cluster.
type State int

// The states.
const (
	Active       State = iota
	Unavailable        // answered at once with 503: Rancher has no connection ready
	Disconnected       // answered with 500: the agent of the cluster has gone
)

type cluster struct {
	state   State
	forward *httputil.ReverseProxy
}

// AddCluster makes a cluster be managed, under an id such as c-m-abc12 or Local.
func (s *Server) AddCluster(t stack.T, id string, c Cluster) {
	t.Helper()
	to, err := url.Parse(c.URL)
	if err != nil {
		t.Errorf("cluster %s: %v", id, err)
		t.FailNow()
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(c.CA)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clusters[id] = &cluster{forward: &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { rewrite(r, to, id, c.Token) },
		FlushInterval: -1, // events of a watch are passed on as they come
		Transport:     transport,
		ErrorHandler:  func(w http.ResponseWriter, _ *http.Request, err error) { failed(w, err.Error()) },
		ErrorLog:      log.New(io.Discard, "", 0),
	}}
}

// SetState lets a cluster go down and come back.
func (s *Server) SetState(id string, state State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clusters[id].state = state
}

// RemoveCluster makes a cluster unknown.
func (s *Server) RemoveCluster(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clusters, id)
}

// rewrite makes of a request to Rancher the one to the cluster's API server.
func rewrite(r *httputil.ProxyRequest, to *url.URL, id, token string) {
	prefix := "/k8s/clusters/" + id
	r.Out.URL.Path = strings.TrimPrefix(r.Out.URL.Path, prefix)
	r.Out.URL.RawPath = strings.TrimPrefix(r.Out.URL.RawPath, prefix)
	r.SetURL(to)
	r.Out.Header.Set("Authorization", "Bearer "+token)
}

func (s *Server) serveCluster(w http.ResponseWriter, r *http.Request, h Holder, id string) {
	s.mu.Lock()
	c, state := s.clusters[id], Active
	if c != nil {
		state = c.state
	}
	s.mu.Unlock()
	const what = "clusters.management.cattle.io %q "
	switch {
	case !h.sees(id): // the lookup is made in the user's name. UNVERIFIED: that it is no 404
		routerError(w, http.StatusForbidden, "Forbidden", fmt.Sprintf(what+`is forbidden: User "u-abc12" cannot get resource "clusters" in API group "management.cattle.io" at the cluster scope`, id))
	case c == nil: // UNVERIFIED: the text. A Rancher without the lookup says "No cluster available"
		routerError(w, http.StatusNotFound, "NotFound", fmt.Sprintf(what+"not found", id))
	case state == Unavailable:
		routerError(w, http.StatusServiceUnavailable, "ClusterUnavailable", "cluster not found")
	case state == Disconnected:
		failed(w, "cluster agent disconnected")
	default:
		c.forward.ServeHTTP(w, r)
	}
}
