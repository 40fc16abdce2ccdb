package kubernetes

import (
	"context"
	"sync"
	"time"

	"alertscale/rules/engine"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// patience is how long reads wait, all together, for the first list of the autoscalers. What is decided without it is
// what would be decided where there is no autoscaler: one that there is corrects the count within seconds, whereas a step
// up that waits for a slow list comes too late. Later reads know of it, and calls that are still open are looked at again.
const patience = 2 * time.Second

// owners knows which objects are scaled by an autoscaler of the cluster. It watches them from the first question on, so
// that none costs a request.
type owners struct {
	ctx     context.Context
	kinds   []*watched // the first to claim an object is named as its owner
	begin   sync.Once
	patient chan struct{} // closed when nobody waits any longer
}

func newOwners(ctx context.Context, s *session, retry time.Duration) *owners {
	hpas := schema.GroupVersionResource{Group: "autoscaling", Version: "v2", Resource: "horizontalpodautoscalers"}
	scaled := schema.GroupVersionResource{Group: "keda.sh", Version: "v1alpha1", Resource: "scaledobjects"}
	return &owners{ctx: ctx, patient: make(chan struct{}), kinds: []*watched{
		newWatched(s, kindScaledObject, scaled, retry),
		newWatched(s, kindHPA, hpas, retry),
	}}
}

func (o *owners) watch() {
	time.AfterFunc(patience, func() { close(o.patient) })
	for _, w := range o.kinds {
		go w.run(o.ctx)
	}
}

// of returns who else scales what a call is about; false where nobody does, or that cannot be known.
func (o *owners) of(ctx context.Context, c call) (engine.Condition, bool) {
	for _, w := range o.kinds {
		if c.ref.Path != "" && !w.has(c) {
			continue
		}
		o.begin.Do(o.watch)
		select {
		case <-w.settled:
		case <-o.patient:
		case <-ctx.Done():
		}
		if found := w.find(c); found != nil {
			return engine.Condition{Type: engine.ConditionOwned, Text: found.text()}, true
		}
	}
	return engine.Condition{}, false
}
