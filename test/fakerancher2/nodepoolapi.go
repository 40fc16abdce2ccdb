package fakerancher2

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
)

// serveNodePools answers for /v3/nodePools and what is below. It reads, lists and changes; it neither makes
// nor deletes.
func (s *Server) serveNodePools(w http.ResponseWriter, r *http.Request, h Holder, id string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pools[id]
	switch {
	case !s.nodePools: // UNVERIFIED: the text
		normanError(w, http.StatusNotFound, "NotFound", "failed to find schema nodePools", "")
	case r.URL.Query().Has("action"): // before the method: an action that is not there is a 404
		normanError(w, http.StatusNotFound, "ActionNotAvailable", "", "")
	case id == "" && r.Method == http.MethodGet:
		s.list(w, r, h)
	case r.Method != http.MethodGet && r.Method != http.MethodPut || id == "":
		normanError(w, http.StatusMethodNotAllowed, "MethodNotAllow", "Method "+r.Method+" not supported", "")
	case p == nil || !h.sees(p.Cluster): // UNVERIFIED: that a pool of a foreign cluster is no 403
		normanError(w, http.StatusNotFound, "NotFound", fmt.Sprintf("nodePools.management.cattle.io %q not found", id), "")
	case r.Method == http.MethodPut:
		s.put(w, p, body)
	default:
		writeJSON(w, http.StatusOK, s.render(p))
	}
}

// list answers with a collection. Of its filters those by equality are there.
func (s *Server) list(w http.ResponseWriter, r *http.Request, h Holder) {
	self := url.URL{Path: "/v3/nodePools", RawQuery: r.URL.RawQuery}
	data := []any{}
	for _, p := range s.visible(h) {
		one := s.render(p)
		if matches(one, r.URL.Query()) {
			data = append(data, one)
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"type": "collection", "resourceType": "nodePool", "data": data, "actions": map[string]any{},
		"links": map[string]any{"self": s.URL + self.String()}, "createTypes": map[string]any{},
		"pagination": map[string]any{"limit": 1000, "total": len(data)}, "filters": map[string]any{}, "sort": map[string]any{"order": "asc"},
	})
}

// matches reports whether a resource has what a query asks for. A key that is no field does not filter.
func matches(one map[string]any, query url.Values) bool {
	for key, values := range query {
		if have, is := one[key]; is && fmt.Sprint(have) != values[0] {
			return false
		}
	}
	return true
}

// put merges the fields that were sent. Whatever is not known is passed over.
func (s *Server) put(w http.ResponseWriter, p *NodePool, body []byte) {
	var sent map[string]any
	if err := json.Unmarshal(body, &sent); err != nil {
		normanError(w, http.StatusUnprocessableEntity, "InvalidBodyContent", "Failed to parse body: "+err.Error(), "")
		return
	}
	if raw, is := sent["quantity"]; is {
		quantity, err := number(raw)
		if err != nil {
			normanError(w, http.StatusUnprocessableEntity, err.Error(), "", "quantity")
			return
		}
		// There is no minimum in the schema: what is below 0 is taken, and means 0 to the controller.
		if quantity != p.Quantity {
			p.Quantity, p.changed = quantity, s.now()
		}
	}
	if prefix, is := sent["hostnamePrefix"].(string); is {
		p.HostnamePrefix = prefix
	}
	writeJSON(w, http.StatusOK, s.render(p))
}

// number reads a whole number as Rancher does, from text too. An error is the code of the answer.
func number(raw any) (int, error) {
	switch v := raw.(type) {
	case nil:
		return 0, errors.New("NotNullable")
	case float64:
		if v == math.Trunc(v) {
			return int(v), nil
		}
	case string:
		if n, err := strconv.Atoi(v); err == nil {
			return n, nil
		}
	}
	return 0, errors.New("InvalidFormat")
}
