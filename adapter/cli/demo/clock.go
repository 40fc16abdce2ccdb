package demo

import (
	"sync/atomic"
	"time"
)

// clock is the time of the simulated world, which stands still between two steps.
type clock struct{ past atomic.Int64 }

// noon is when the simulated world begins.
func noon() time.Time { return time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC) }

func (c *clock) now() time.Time { return noon().Add(time.Duration(c.past.Load())) }

func (c *clock) set(past time.Duration) { c.past.Store(int64(past)) }
