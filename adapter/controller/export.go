package controller

import (
	"fmt"

	"alertscale/rules/engine"
)

// Export returns all that is known of a ref, as the store would hold it.
func (c *Controller) Export(ref string) (engine.Record, error) {
	for _, tr := range c.registry.all() {
		if tr.name() == ref {
			return tr.export()
		}
	}
	return engine.Record{}, fmt.Errorf("%s: %w; /api/v1/targets lists those that are", ref, ErrUnknownRef)
}

func (tr *tracker) export() (engine.Record, error) {
	tr.mu.Lock()
	defer tr.unlock()
	return tr.cycle.Export()
}
