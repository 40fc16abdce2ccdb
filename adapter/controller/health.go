package controller

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
)

// DriverDown is a driver whose API does not answer at present, or does not take the credentials.
type DriverDown struct {
	Driver string
	Since  time.Time
}

// health knows which drivers are down.
type health struct {
	mu   sync.Mutex
	down map[string]time.Time // since when, by the name of the driver
}

// isDown reports whether an error of a call says that the driver is down.
func isDown(err error) bool { return errors.Is(err, ErrUnauthorized) || outcome(err) == "error" }

// note enters how a call went.
func (h *health) note(driver string, err error, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, was := h.down[driver]
	switch down := isDown(err); {
	case down && !was:
		h.down[driver] = now
	case !down:
		delete(h.down, driver)
	}
}

func (h *health) isDown(driver string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, down := h.down[driver]
	return down
}

// forget drops the drivers that a file does not have.
func (h *health) forget(s *Snapshot) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name := range h.down {
		if _, ok := s.Drivers[name]; !ok {
			delete(h.down, name)
		}
	}
}

// DriversDown lists the drivers that are down, by name. Alerts are taken all the same, and what they ask for is tried
// again.
func (c *Controller) DriversDown() []DriverDown {
	c.health.mu.Lock()
	defer c.health.mu.Unlock()
	all := make([]DriverDown, 0, len(c.health.down))
	for name, since := range c.health.down {
		all = append(all, DriverDown{name, since})
	}
	slices.SortFunc(all, func(x, y DriverDown) int { return strings.Compare(x.Driver, y.Driver) })
	return all
}

// called notes how a call to a driver went.
func (c *Controller) called(driver, operation string, err error, took time.Duration) {
	c.Metrics.requested(driver, operation, err, took)
	c.health.note(driver, err, c.Now())
}
