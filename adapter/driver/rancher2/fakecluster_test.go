package rancher2

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"alertscale/rules"
)

// addCluster makes a cluster of three pools, of which the one in the middle has a quantity, and returns its ref.
func (f *fake) addCluster(name string, quantity int) rules.Ref {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made++
	name = fmt.Sprint(name, f.made)
	f.clusters[name] = decode(fmt.Sprintf(`{"apiVersion": "provisioning.cattle.io/v1", "kind": "Cluster",
		"metadata": {"name": %q, "namespace": "fleet-default", "uid": "u%d", "generation": 1, "resourceVersion": "7"},
		"spec": {"kubernetesVersion": "v1.33.4+rke2r1", "rkeConfig": {"machinePools": [
			{"name": "control", "quantity": 3, "etcdRole": true, "controlPlaneRole": true},
			{"name": "workers", "quantity": %d, "workerRole": true, "labels": {"a": "b"}},
			{"name": "gpu", "quantity": 1, "workerRole": true}]}},
		"status": {"ready": true, "observedGeneration": 1, "conditions": [
			{"type": "Ready", "status": "True"}, {"type": "Updated", "status": "True"}, {"type": "Provisioned", "status": "True"}]}}`,
		name, f.made, quantity))
	return rules.Ref{Driver: "r", Kind: kindMachinePool, Namespace: name, Name: "workers"}
}

func decode(text string) object {
	var o object
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		panic(err)
	}
	return o
}

func clone(o object) object {
	text, _ := json.Marshal(o)
	return decode(string(text))
}

// in returns what is at a path of keys of a cluster.
func in(o object, keys ...string) object {
	for _, key := range keys {
		o, _ = o[key].(object)
	}
	return o
}

// machinePools is the list of a cluster's pools.
func machinePools(o object) []any {
	all, _ := in(o, "spec", "rkeConfig")["machinePools"].([]any)
	return all
}

// machinePool is one of a cluster's pools.
func (f *fake) machinePool(ref rules.Ref) object {
	all := machinePools(f.clusters[ref.Namespace])
	i := slices.IndexFunc(all, func(p any) bool { return p.(object)["name"] == ref.Name })
	return all[i].(object)
}

// quantity is what a machine pool is asked to have.
func (f *fake) quantity(ref rules.Ref) (n int) {
	f.with(func() { n = int(f.machinePool(ref)["quantity"].(float64)) })
	return n
}

// edit changes a cluster as somebody else does.
func (f *fake) edit(ref rules.Ref, do func(cluster, pool object)) {
	f.with(func() {
		o := f.clusters[ref.Namespace]
		do(o, f.machinePool(ref))
		o["metadata"].(object)["generation"] = generation(o) + 1
	})
}

func generation(o object) float64 { return in(o, "metadata")["generation"].(float64) }

// settle lets Rancher have made the machines that are asked for.
func (f *fake) settle(ref rules.Ref) {
	f.with(func() {
		o := f.clusters[ref.Namespace]
		in(o, "status")["observedGeneration"] = generation(o)
	})
	f.wait(settling)
}

// tell sets a condition of a cluster.
func (f *fake) tell(ref rules.Ref, kind, status, message string) {
	f.with(func() {
		s := in(f.clusters[ref.Namespace], "status")
		all := slices.DeleteFunc(s["conditions"].([]any), func(c any) bool { return c.(object)["type"] == kind })
		if status != "" {
			all = append(all, object{"type": kind, "status": status, "message": message, "reason": "Waiting"})
		}
		s["conditions"] = all
	})
}

func (f *fake) onCluster(w http.ResponseWriter, r *http.Request, name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o, verb := f.clusters[name], map[string]string{"GET": "get", "PATCH": "patch"}[r.Method]
	switch {
	case strings.HasPrefix(name, "locked") || strings.HasPrefix(name, "readonly") && verb != "get":
		status(w, 403, fmt.Sprintf(`clusters.provisioning.cattle.io %q is forbidden: User "u-abcde" cannot %s resource "clusters" in API group "provisioning.cattle.io" in the namespace "fleet-default"`, name, verb), name)
	case o == nil:
		status(w, 404, fmt.Sprintf("clusters.provisioning.cattle.io %q not found", name), name)
	case verb == "patch":
		f.patch(w, r, name)
	default:
		f.answer(w, r, o)
	}
}

// status is what a Kubernetes API says where it does not do what it is asked for.
func status(w http.ResponseWriter, code int, message, name string) {
	reply(w, code, object{"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code, "details": object{"name": name}})
}

// patch carries a JSON Patch out, as a whole or not at all.
func (f *fake) patch(w http.ResponseWriter, r *http.Request, name string) {
	o := clone(f.clusters[name])
	var all []operation
	if err := json.NewDecoder(r.Body).Decode(&all); err != nil || r.Header.Get("Content-Type") != mediaPatch {
		status(w, 415, "the body is no JSON patch", name)
		return
	}
	for _, op := range all {
		if err := op.apply(o); err != nil {
			// As the real one says it, which does not say why.
			status(w, 422, "the server rejected our request due to an error in our request", "")
			return
		}
	}
	for i, p := range machinePools(o) {
		if p.(object)["quantity"].(float64) > 1000 {
			status(w, 422, fmt.Sprintf(`Cluster.provisioning.cattle.io %q is invalid: spec.rkeConfig.machinePools[%d].quantity: Invalid value: too many`, name, i), name)
			return
		}
	}
	if !reflect.DeepEqual(o, f.clusters[name]) && !f.deaf {
		in(o, "metadata")["generation"] = generation(o) + 1
		f.clusters[name] = o
	}
	f.answer(w, r, f.clusters[name])
}

// apply carries a test or a replacement out.
func (op operation) apply(o object) error {
	parts := strings.Split(op.Path, "/")[1:]
	var at any = o
	for _, part := range parts[:len(parts)-1] {
		switch v := at.(type) {
		case object:
			at = v[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(v) {
				return errors.New("no such index")
			}
			at = v[i]
		}
	}
	field := parts[len(parts)-1]
	holder, ok := at.(object)
	if _, there := holder[field]; !ok || !there && (op.Op != "test" || op.Value != nil) {
		return errors.New("no such path")
	}
	if op.Op == "replace" {
		holder[field] = op.Value
	} else if !reflect.DeepEqual(holder[field], op.Value) {
		return errors.New("the test failed")
	}
	return nil
}
