package controller

import (
	"context"
	"errors"
	"time"

	"alertscale/rules"
)

// File is a configuration file in force: its rules, and the drivers that they are carried out with.
type File struct {
	Rules   *rules.Set
	Drivers map[string]Conn // by name
	Text    string          // as it was read, without secrets
}

// Conn is a driver and how long a call to it may take.
type Conn struct {
	Driver  Driver
	Timeout time.Duration
}

// DefaultTimeout is how long a call to a driver may take.
const DefaultTimeout = 30 * time.Second

// Use puts another file in force. What is under way ends under the old one; every ref is looked at anew.
func (a *Adapter) Use(f *File) {
	a.file.Store(f)
	a.Metrics.prepare(f.Rules)
	now := a.Now()
	for _, en := range a.entries() {
		en.mu.Lock()
		en.refused = false
		if !en.gone && !en.running {
			a.wakes.set(en, now)
		}
		en.mu.Unlock()
	}
}

// File returns the file in force.
func (a *Adapter) File() *File { return a.file.Load() }

// Run comes back to refs when it is time to, until ctx ends.
func (a *Adapter) Run(ctx context.Context) {
	a.wakes.run(ctx, a.Now, a.MaxSleep, func(en *entry) {
		en.mu.Lock()
		defer en.mu.Unlock()
		if !en.gone {
			a.start(en)
		}
	})
}

// Shutdown waits for the calls to drivers that are under way, as long as ctx lasts, then ends them, and
// stores what the store lacks. Run has ended before, and no Handle is under way.
func (a *Adapter) Shutdown(ctx context.Context) error {
	idle := make(chan struct{})
	go func() {
		a.mu.RLock()
		pools := make([]*pool, 0, len(a.pools))
		for _, p := range a.pools {
			pools = append(pools, p)
		}
		a.mu.RUnlock()
		for _, p := range pools {
			p.idle.Wait()
		}
		close(idle)
	}()
	var errs []error
	select {
	case <-idle:
	case <-ctx.Done():
		errs = append(errs, errors.New("calls to drivers were still under way; what they came to is read at the next start"))
	}
	defer a.stop()
	for _, en := range a.entries() {
		en.mu.Lock()
		en.unsaved = en.unsaved || !en.heardAt.IsZero()
		if !en.gone && en.loaded {
			errs = append(errs, en.save(context.WithoutCancel(ctx), a.Store))
		}
		en.mu.Unlock()
	}
	return errors.Join(errs...)
}
