package kubernetes

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

func (f *fake) discover(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var doc any
	switch path := r.URL.Path; {
	case path == "/version":
		doc = object{"major": "1", "minor": "35", "gitVersion": f.version}
	case path == "/apis/authentication.k8s.io/v1/selfsubjectreviews" && f.user != "":
		f.review(w, r)
		return
	case path != "/api" && path != "/apis":
		f.list(w, path)
		return
	case f.older:
		doc = f.groupList(path == "/api")
	case strings.Contains(r.Header.Get("Accept"), "as=APIGroupDiscoveryList"):
		w.Header().Set("Content-Type", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
		doc = f.aggregated(path == "/api")
	}
	_ = json.NewEncoder(w).Encode(doc)
}

// review says who asks.
func (f *fake) review(w http.ResponseWriter, r *http.Request) {
	var asked struct{ APIVersion, Kind string }
	if json.NewDecoder(r.Body).Decode(&asked) != nil || r.Method != http.MethodPost ||
		asked.APIVersion != "authentication.k8s.io/v1" || asked.Kind != "SelfSubjectReview" {
		refuse(w, 400, "no SelfSubjectReview", "")
		return
	}
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(object{"kind": asked.Kind, "apiVersion": asked.APIVersion, "status": object{"userInfo": object{"username": f.user}}})
}

type object = map[string]any

func (f *fake) aggregated(core bool) object {
	items := map[string][]object{}
	for _, g := range f.groups {
		if (g.name == "") != core {
			continue
		}
		version := object{"version": g.version, "freshness": "Current"}
		if g.stale {
			version["freshness"] = "Stale"
		} else {
			version["resources"] = g.aggregated()
		}
		items[g.name] = append(items[g.name], version)
	}
	var list []object
	for _, name := range slices.Sorted(maps.Keys(items)) {
		list = append(list, object{"metadata": object{"name": name, "creationTimestamp": nil}, "versions": items[name]})
	}
	return object{"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": object{}, "items": list}
}

func (g fakeGroup) aggregated() (all []object) {
	for _, r := range g.resources {
		scope, subs := "Cluster", []object{{"subresource": "status"}}
		if r.namespaced {
			scope = "Namespaced"
		}
		if r.scale {
			subs = append(subs, object{"subresource": "scale", "responseKind": object{"group": "autoscaling", "version": "v1", "kind": "Scale"}})
		}
		all = append(all, object{"resource": r.name, "scope": scope, "verbs": []string{"get"}, "subresources": subs,
			"responseKind": object{"group": g.name, "version": g.version, "kind": r.kind}})
	}
	return all
}

func (f *fake) groupList(core bool) object {
	if core {
		return object{"kind": "APIVersions", "versions": []string{"v1"}}
	}
	var groups []object
	for _, g := range f.groups {
		if g.name != "" {
			groups = append(groups, object{"name": g.name, "versions": []object{{"groupVersion": g.name + "/" + g.version, "version": g.version}}})
		}
	}
	return object{"kind": "APIGroupList", "groups": groups}
}

func (f *fake) list(w http.ResponseWriter, path string) {
	for _, g := range f.groups {
		if (groupVersion{g.name, g.version}).path() != path {
			continue
		}
		if g.stale {
			refuse(w, 503, "the server is currently unable to handle the request", "")
			return
		}
		var all []object
		for _, r := range g.resources {
			all = append(all, object{"name": r.name, "kind": r.kind, "namespaced": r.namespaced})
			if r.scale {
				all = append(all, object{"name": r.name + "/scale", "kind": "Scale", "group": "autoscaling", "namespaced": r.namespaced})
			}
		}
		_ = json.NewEncoder(w).Encode(object{"kind": "APIResourceList", "groupVersion": path, "resources": all})
		return
	}
	http.Error(w, "404 page not found", 404)
}
