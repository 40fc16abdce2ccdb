// Package events hands decisions to the drivers that tell of them where their workloads are, as by Kubernetes Events.
package events

import (
	"strings"
	"sync/atomic"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// Sink gives each decision that is not a duplicate to the driver of its ref, where that is a sink itself.
type Sink struct {
	drivers atomic.Pointer[map[string]controller.Sink]
}

// Use takes the drivers of another file.
func (s *Sink) Use(f *controller.Snapshot) {
	drivers := map[string]controller.Sink{}
	for name, b := range f.Drivers {
		if d, ok := b.Driver.(controller.Sink); ok {
			drivers[name] = d
		}
	}
	s.drivers.Store(&drivers)
}

// Record implements controller.Sink. It takes what the driver's takes.
func (s *Sink) Record(d controller.DecisionRecord) {
	drivers := s.drivers.Load()
	if d.Verdict == engine.Duplicate || drivers == nil {
		return
	}
	name, _, _ := strings.Cut(d.Ref, ":")
	if to := (*drivers)[name]; to != nil {
		to.Record(d)
	}
}
