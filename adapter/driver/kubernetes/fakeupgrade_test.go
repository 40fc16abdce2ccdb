package kubernetes

import (
	"encoding/json"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// named answers with the names of the objects that have labels.
func (f *fake) named(w http.ResponseWriter, r *http.Request) bool {
	terms := r.URL.Query().Get("labelSelector")
	if terms == "" {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts[r.Method+" "+r.URL.Path]++
	if strings.Contains(r.URL.Path, "/namespaces/locked/") {
		refuse(w, 403, `deployments.apps is forbidden: User "u" cannot list resource "deployments" in API group "apps" in the namespace "locked"`, "")
		return true
	}
	if r.Header.Get("Accept") != mediaNames || r.URL.Query().Get("limit") != "1001" {
		refuse(w, 406, "only names are wanted, and not all of them", "")
		return true
	}
	items := []any{}
	for _, at := range slices.Sorted(keys(f.whole)) {
		labels, _ := f.whole[at]["metadata"].(object)["labels"].(object)
		fits := path.Base(path.Dir(at)) == path.Base(r.URL.Path)
		for term := range strings.SplitSeq(terms, ",") {
			name, value, _ := strings.Cut(term, "=")
			fits = fits && labels[name] == value
		}
		if fits {
			items = append(items, object{"metadata": object{"namespace": "shop", "name": path.Base(at)}})
		}
	}
	w.Header().Set("Content-Type", mediaJSON)
	_ = json.NewEncoder(w).Encode(object{"kind": "PartialObjectMetadataList", "items": items})
	return true
}

// strategicPatch merges containers by their names, and annotations, or refuses that and returns false.
func (f *fake) strategicPatch(w http.ResponseWriter, r *http.Request, o object) bool {
	var p object
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		refuse(w, 400, "bad patch", "")
		return false
	}
	meta := o["metadata"].(object)
	if p["metadata"].(object)["resourceVersion"] != meta["resourceVersion"] {
		refuse(w, 409, "the object has been modified; please apply your changes to the latest version and try again", meta["name"].(string))
		return false
	}
	f.versions++
	meta["resourceVersion"] = strconv.Itoa(f.versions)
	template := o["spec"].(object)["template"].(object)
	change := p["spec"].(object)["template"].(object)
	for list, items := range change["spec"].(object) {
		for _, item := range items.([]any) {
			mergeInto(template["spec"].(object), list, item.(object))
		}
	}
	if m, ok := change["metadata"].(object); ok {
		template["metadata"] = m
	}
	return true
}

func mergeInto(pod object, list string, item object) {
	for _, known := range pod[list].([]any) {
		if known := known.(object); known["name"] == item["name"] {
			known["image"] = item["image"]
		}
	}
}
