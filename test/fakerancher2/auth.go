package fakerancher2

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// Holder is what a token is of: a user, and what the token is good for.
type Holder struct {
	Scope   string   // the one cluster that the token is good for; empty: all that the user may see
	Members []string // the clusters that the user is a member of; nil: an administrator, who may see all
}

// AddToken makes a token, such as token-a0001:… .
func (s *Server) AddToken(h Holder) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	token := fmt.Sprintf("token-a%04d:%s", s.made, strings.ToLower(rand.Text()))
	s.holders[token] = h
	return token
}

// SetHolder makes a token another one's.
func (s *Server) SetHolder(token string, h Holder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holders[token] = h
}

// Revoke makes a token unknown, as deleting it and its expiry do.
func (s *Server) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.holders, token)
}

// authenticate finds out who asks. A token that is scoped to a cluster is good for paths of that cluster, and
// for no others.
func (s *Server) authenticate(r *http.Request) (Holder, bool) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if name, secret, basic := r.BasicAuth(); basic {
		token, ok = name+":"+secret, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h, known := s.holders[token]
	return h, ok && known && (h.Scope == "" || h.Scope == clusterOf(r.URL.Path))
}

// clusterOf returns the cluster that a path is about, as the check of a token's scope understands it: a node
// pool's is of none.
func clusterOf(path string) string {
	parts := strings.Split(path, "/")
	if len(parts) > 3 && (parts[1] == "k8s" || parts[1] == "v3") && slices.Contains([]string{"clusters", "cluster", "proxy"}, parts[2]) {
		return parts[3]
	}
	return ""
}

// sees reports whether the user may see a cluster.
func (h Holder) sees(cluster string) bool {
	return h.Members == nil || slices.Contains(h.Members, cluster)
}

// unauthorized is the answer to a token that is unknown or good for something else. Its status is a string.
func unauthorized(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = io.WriteString(w, `{"type":"error","status":"401","message":"Unauthorized 401: must authenticate"}`+"\n")
}
