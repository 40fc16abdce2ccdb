package fakerancher2

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// NodePool is a pool of nodes of a cluster, which has what /v3/nodePools serves.
type NodePool struct {
	ID             string // cluster:np-abc12; made up where it is empty
	Cluster        string // its id
	Name           string // np-abc12, unless given
	HostnamePrefix string
	Quantity       int
	Fields         map[string]any // further ones, which are served as they are

	changed time.Time
}

// AddNodePool makes a node pool, and gives its id.
func (s *Server) AddNodePool(p NodePool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	if p.Name == "" {
		p.Name = fmt.Sprintf("np-a%04d", s.made)
	}
	if p.ID == "" {
		p.ID = p.Cluster + ":" + p.Name
	}
	if p.HostnamePrefix == "" {
		p.HostnamePrefix = p.Name + "-"
	}
	p.Fields = maps.Clone(p.Fields)
	s.pools[p.ID] = &p
	return p.ID
}

// RemoveNodePool deletes a node pool.
func (s *Server) RemoveNodePool(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pools, id)
}

// Quantity is how many nodes a pool is asked to have.
func (s *Server) Quantity(id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pools[id].Quantity
}

// SetQuantity changes it as somebody else does.
func (s *Server) SetQuantity(id string, quantity int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pools[id]
	p.Quantity, p.changed = quantity, s.now()
}

// SetNodePools makes it a Rancher that has node pools, or, since 2.15, none.
func (s *Server) SetNodePools(has bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nodePools = has
}

// visible lists the pools that a user may see, in the order of their ids.
func (s *Server) visible(h Holder) []*NodePool {
	var all []*NodePool
	for _, id := range slices.Sorted(maps.Keys(s.pools)) {
		if p := s.pools[id]; h.sees(p.Cluster) {
			all = append(all, p)
		}
	}
	return all
}

// render gives the resource. It is updating for a while after a change.
func (s *Server) render(p *NodePool) map[string]any {
	state, transitioning, message := "active", "no", ""
	if s.now().Sub(p.changed) < s.options.Settle {
		state, transitioning, message = "updating", "yes", "updating" // UNVERIFIED: the message
	}
	self := s.URL + "/v3/nodePools/" + p.ID
	body := map[string]any{
		"baseType": "nodePool", "controlPlane": false, "etcd": false, "worker": true,
		"created": "2026-01-01T00:00:00Z", "createdTS": 1767225600000, "creatorId": "user-abc12",
		"drainBeforeDelete": false, "deleteNotReadyAfterSecs": 0, "namespaceId": nil,
		"nodeTemplateId": "cattle-global-nt:nt-abc12", "annotations": map[string]any{}, "labels": map[string]any{},
		"displayName": "", "uuid": "4e0fb3a3-6a2a-4a4b-8f43-0c2a7b1b4c11",
	}
	maps.Copy(body, p.Fields)
	maps.Copy(body, map[string]any{
		"id": p.ID, "type": "nodePool", "clusterId": p.Cluster, "name": p.Name, "hostnamePrefix": p.HostnamePrefix,
		"quantity": p.Quantity, "state": state, "transitioning": transitioning, "transitioningMessage": message,
		"links":   map[string]any{"self": self, "update": self, "remove": self, "nodes": s.URL + "/v3/nodes?nodePoolId=" + strings.ReplaceAll(p.ID, ":", "%3A")},
		"actions": map[string]any{},
	})
	return body
}
