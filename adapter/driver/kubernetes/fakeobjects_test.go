package kubernetes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// create puts a whole object at a path, with the metadata that an API server gives it.
func (f *fake) create(path, text string) {
	var o object
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		panic(err)
	}
	f.with(func() {
		f.versions++
		parts := strings.Split(path, "/")
		meta, _ := o["metadata"].(object)
		if meta == nil {
			meta = object{}
		}
		meta["name"], meta["namespace"], meta["uid"], meta["resourceVersion"] = parts[len(parts)-1], "shop", "uid-of-"+parts[len(parts)-1], strconv.Itoa(f.versions)
		o["metadata"] = meta
		kind := "MODIFIED"
		if f.whole[path] == nil {
			kind = "ADDED"
		}
		f.whole[path] = o
		f.tell(kind, path, o)
	})
}

// object serves a whole object.
func (f *fake) object(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	parts := strings.Split(r.URL.Path, "/")
	name, plural := parts[len(parts)-1], parts[len(parts)-2]
	o, verb := f.whole[r.URL.Path], verbs[r.Method]
	switch {
	case strings.HasPrefix(name, "locked") || verb == "patch" && strings.HasPrefix(name, "readonly"):
		refuse(w, 403, fmt.Sprintf(`%s %q is forbidden: User "u" cannot %s resource %q in API group %q in the namespace "shop"`, plural, name, verb, plural, parts[2]), name)
		return
	case o == nil:
		refuse(w, 404, fmt.Sprintf("%s.%s %q not found", plural, parts[2], name), name)
		return
	case r.Header.Get("Content-Type") == mediaStrategicPatch:
		if !f.strategicPatch(w, r, o) {
			return
		}
	case verb == "patch" && !f.jsonPatch(w, r, o):
		return
	}
	if f.lose && r.Method == http.MethodPatch {
		f.lose = false
		panic(http.ErrAbortHandler)
	}
	if strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadata") {
		if f.metadata++; !f.noPartial {
			o = object{"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": o["metadata"]}
		}
	}
	w.Header().Set("Content-Type", mediaJSON)
	_ = json.NewEncoder(w).Encode(o)
}

var verbs = map[string]string{"GET": "get", "PATCH": "patch"}

// jsonPatch carries a JSON patch out as a whole, or refuses it and returns false.
func (f *fake) jsonPatch(w http.ResponseWriter, r *http.Request, o object) bool {
	var ops []struct {
		Op, Path string
		Value    any
	}
	if err := json.NewDecoder(r.Body).Decode(&ops); err != nil || r.Header.Get("Content-Type") != mediaJSONPatch {
		refuse(w, 400, fmt.Sprint("bad patch: ", err), "")
		return false
	}
	for _, op := range ops {
		parent, key := parentOf(o, op.Path)
		_, there := parent[key]
		switch {
		case parent == nil, op.Op == "replace" && !there, op.Op == "test" && !reflect.DeepEqual(parent[key], op.Value):
			refuse(w, 422, "the server rejected our request due to an error in our request", "")
			return false
		case op.Op != "test" && (op.Value.(float64) < 0 || op.Value.(float64) > 100):
			invalid(w, "spec.minReplicas: Invalid value: must be between 0 and maxReplicas")
			return false
		case op.Op != "test" && !f.deaf:
			f.versions++
			parent[key] = op.Value
			o["metadata"].(object)["resourceVersion"] = strconv.Itoa(f.versions)
		}
	}
	return true
}

func parentOf(o object, path string) (object, string) {
	tokens := strings.Split(path[1:], "/")
	for _, token := range tokens[:len(tokens)-1] {
		o, _ = o[token].(object)
	}
	return o, tokens[len(tokens)-1]
}

func invalid(w http.ResponseWriter, message string) {
	w.Header().Set("Content-Type", mediaJSON)
	w.WriteHeader(422)
	_ = json.NewEncoder(w).Encode(object{"kind": "Status", "message": message, "code": 422, "details": object{"causes": []any{object{"message": message}}}})
}

// passing is a fault that is none.
func passing(http.ResponseWriter, *http.Request) bool { return false }
