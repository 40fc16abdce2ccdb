package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
	"alertscale/rules/engine"
)

// fieldAbsent is the version of a field that is not there, which a change adds. Others have none: their value is what a
// change of them is guarded by, as the version of the object changes with its status.
const fieldAbsent = "absent"

// absentFields are the values of fields that may be left out, as what reads them takes them.
var absentFields = map[[3]string]int{
	{"autoscaling", kindHPA, "/spec/minReplicas"}:          1,
	{"keda.sh", kindScaledObject, "/spec/minReplicaCount"}: 0,
	{"keda.sh", kindScaledObject, "/spec/maxReplicaCount"}: 100,
}

const (
	kindHPA          = "HorizontalPodAutoscaler"
	kindScaledObject = "ScaledObject"
)

// apiObject is an object of the API, as far as it is of use here.
type apiObject struct {
	Kind     string `json:"kind"`
	Metadata struct {
		ResourceVersion string `json:"resourceVersion"`
		UID             string `json:"uid"`
	} `json:"metadata"`
}

// observeField reads the field of an object in an answer. It is ready at once: what follows from it is its reader's.
func (d *Driver) observeField(c call, a httpx.Answer) (engine.Observed, error) {
	count, version, err := d.field(c, a)
	return engine.Observed{Count: count, Version: version, Ready: true}, err
}

func (d *Driver) field(c call, a httpx.Answer) (count int, version string, err error) {
	var o apiObject
	if json.Unmarshal(a.Body, &o) != nil || o.Kind != c.kind.name || o.Metadata.ResourceVersion == "" {
		return 0, "", d.unexpected(c, a, c.kind.name)
	}
	if !c.write {
		d.saw(c, o.Metadata.UID)
	}
	value, ok := lookup(a.Body, c.ref.Path)
	if !ok {
		count, known := absentFields[[3]string{c.resource.group, c.kind.name, c.ref.Path}]
		if !known {
			return 0, "", fmt.Errorf("%w: %s has no field %s: correct path, or set the field once to the count that it begins with", controller.ErrInvalid, c, c.ref.Path)
		}
		return count, fieldAbsent, nil
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil || n < 0 || n > math.MaxInt32 {
		return 0, "", fmt.Errorf("%w: %s: %s is %s, and no whole number from 0 on: correct path", controller.ErrInvalid, c, c.ref.Path, oneLine(string(value)))
	}
	return int(n), "", nil
}

// scaleField sets the field with one PATCH, which the API server carries out only if the field is what was read.
func (d *Driver) scaleField(ctx context.Context, c call, change engine.Change) error {
	a, err := d.client.send(ctx, http.MethodPatch, c.path(), mediaJSONPatch, fieldPatch(c.ref.Path, change))
	if err != nil {
		return d.recovery.Note(err)
	}
	if testFailed(a) {
		return fmt.Errorf("%w: %s: %s is not what it was when it was read", controller.ErrConflict, c, c.ref.Path)
	}
	if a.Code != http.StatusOK {
		return d.refusal(c, a)
	}
	count, _, err := d.field(c, a)
	if errors.Is(err, controller.ErrInvalid) {
		count = -1
	} else if err != nil {
		return err
	}
	return c.applied(change, count)
}

// testFailed reports whether a patch was refused for what it tests. The API server does not say so: where it refuses
// the object that would come of a patch, it has causes.
func testFailed(a httpx.Answer) bool {
	if a.Code != http.StatusUnprocessableEntity {
		return false
	}
	s := statusOf(a)
	return s.Kind == "Status" && len(s.Details.Causes) == 0
}

// fieldPatch is a JSON patch. A field that is not there passes the test for null.
func fieldPatch(path string, c engine.Change) []byte {
	type op struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value any    `json:"value"`
	}
	ops := []op{{"test", path, c.From}, {"replace", path, c.To}}
	if c.Version == fieldAbsent {
		ops = []op{{"test", path, nil}, {"add", path, c.To}}
	}
	body, _ := json.Marshal(ops) // of texts and numbers it cannot fail
	return body
}

// lookup finds the value that a JSON pointer points to; false where it is not there, or null.
func lookup(in json.RawMessage, path string) (json.RawMessage, bool) {
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for _, token := range strings.Split(path[1:], "/") {
		in = member(in, unescape.Replace(token))
	}
	return in, in != nil && string(in) != "null"
}

// member returns a member of an object or a list, nil where there is none.
func member(in json.RawMessage, token string) json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(in, &fields) == nil {
		return fields[token]
	}
	var items []json.RawMessage
	if i, err := strconv.Atoi(token); err == nil && json.Unmarshal(in, &items) == nil && i >= 0 && i < len(items) {
		return items[i]
	}
	return nil
}
