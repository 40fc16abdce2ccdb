package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/go-kit/log/level"

	"alertscale/adapter/controller"
)

// tellsAvailable is the kinds, by group, whose status says how many of their pods can be used; true: and how many of
// them are of the present template.
var tellsAvailable = map[[2]string]bool{
	{"apps", "Deployment"}:        true,
	{"apps", "ReplicaSet"}:        false,
	{"apps", "StatefulSet"}:       false, // one that is updated on demand, or in part, stays as it is
	{"", "ReplicationController"}: false,
}

// workload is what a workload says of its pods.
type workload struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Generation int64 `json:"generation"`
	} `json:"metadata"`
	Status struct {
		ObservedGeneration int64 `json:"observedGeneration"`
		Replicas           int   `json:"replicas"`
		UpdatedReplicas    int   `json:"updatedReplicas"`
		AvailableReplicas  int   `json:"availableReplicas"`
	} `json:"status"`
}

// available reports whether as many pods as are asked for can be used.
func (w *workload) available(count int, updated bool) bool {
	s := w.Status
	return s.ObservedGeneration >= w.Metadata.Generation && s.Replicas == count && s.AvailableReplicas == count &&
		(!updated || s.UpdatedReplicas == count)
}

// ready reports whether the count that a scale asks for is there. The scale counts pods that were made. Where the
// target waits for them to be of use, one more GET asks the workload, once its scale is as it should be.
func (d *Driver) ready(ctx context.Context, c call, s scale) (bool, error) {
	updated, tells := tellsAvailable[[2]string{c.resource.group, c.kind.name}]
	if s.Status.Replicas != s.Spec.Replicas || !tells || d.rules == nil || !d.rules().WaitsReady(c.ref) {
		return s.Status.Replicas == s.Spec.Replicas, nil
	}
	c.whole = true
	a, err := d.client.get(ctx, c.path(), mediaJSON)
	if err != nil {
		return false, d.recovery.Note(err)
	}
	if a.Code != http.StatusOK {
		return d.withoutStatus(d.refusal(c, a))
	}
	var w workload
	if json.Unmarshal(a.Body, &w) != nil || w.Kind != c.kind.name {
		return false, d.unexpected(c, a, c.kind.name)
	}
	return w.available(s.Spec.Replicas, updated), nil
}

// withoutStatus takes the scale's word where the role does not let the workload be read, and says so once.
func (d *Driver) withoutStatus(err error) (bool, error) {
	if !errors.Is(err, controller.ErrForbidden) {
		return false, err
	}
	d.sayBlind.Do(func() {
		_ = level.Warn(d.session.logger).Log("msg", "wait_ready waits until pods were made, not until they are available", "err", err)
	})
	return true, nil
}
