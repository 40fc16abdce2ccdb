package controller

import (
	"context"
	"slices"
	"sync"
	"time"

	"alertscale/rules"

	"github.com/go-kit/log/level"
)

// How often a driver is read beside what alerts ask for: a tenth of what it may be asked, and half of that at the start,
// so that what it may be asked at once stays whole for alerts.
const (
	shareOfRate     = 10
	shareAtStart    = 2
	defaultRate     = 50 // requests a second of a driver that has no limit of its own
	firstProbe      = time.Second
	lastProbe       = 30 * time.Second
	shortestRefresh = time.Second
)

// watchDrivers keeps the counts of all drivers known, until ctx ends, and begins again when there is another file.
func (c *Controller) watchDrivers(ctx context.Context) {
	for ctx.Err() == nil {
		own, stop := context.WithCancel(ctx)
		var all sync.WaitGroup
		s := c.Snapshot()
		for name, b := range s.Drivers {
			w := &watch{c: c, driver: name, backend: b, snapshot: s, self: &tracker{}}
			all.Go(func() { w.run(own) })
		}
		select {
		case <-ctx.Done():
		case <-c.reloaded:
		}
		stop()
		all.Wait()
	}
}

// watch keeps the counts of a driver's refs known.
type watch struct {
	c        *Controller
	driver   string
	backend  Backend
	snapshot *Snapshot
	self     *tracker // stands for the driver itself in its lane
}

// run reads the fixed targets once, and then all that is known again and again.
func (w *watch) run(ctx context.Context) {
	if w.c.ReadFixed && !w.survey(ctx) {
		return
	}
	for w.c.RefreshInterval > 0 && w.round(ctx) {
	}
}

// survey finds out where the driver is connected and reads its fixed targets once, and logs what came of it. Where the
// driver is down it waits until it is not. It returns false where ctx ends first.
func (w *watch) survey(ctx context.Context) bool {
	s := Survey{Driver: w.driver, Targets: fixedTargets(w.snapshot.Rules, w.driver)}
	endpoint, _, ok := w.connect(ctx, s)
	if !ok || !w.read(ctx, s.Targets) {
		return false
	}
	s.Endpoint = endpoint
	s.log(w.c.Logger)
	return true
}

// connect asks the driver where it is connected until it answers. That it does not is told once, as a survey logs it.
// It returns false where ctx ends first.
func (w *watch) connect(ctx context.Context, s Survey) (e Endpoint, told, ok bool) {
	for wait := firstProbe; ; wait = min(2*wait, lastProbe) {
		s.Endpoint, s.Err = w.describe(ctx)
		if s.Err == nil || ctx.Err() != nil {
			return s.Endpoint, told, ctx.Err() == nil
		}
		if !told {
			told = true
			s.log(w.c.Logger)
		}
		if !w.c.sleep(ctx, wait) {
			return Endpoint{}, told, false
		}
	}
}

// describe asks the driver where it is connected, in the driver's lane, after all that an alert waits for.
func (w *watch) describe(ctx context.Context) (e Endpoint, err error) {
	if _, ok := w.backend.Driver.(Describer); !ok {
		return Endpoint{}, nil
	}
	done := make(chan struct{})
	w.c.lane(w.driver).submit(w.c.work, &job{tr: w.self, rank: rankLater, do: func(ctx context.Context) {
		defer close(done)
		start := time.Now()
		e, err = w.backend.describe(ctx)
		w.c.called(w.driver, "describe", err, time.Since(start))
	}})
	select {
	case <-done:
		return e, err
	case <-ctx.Done():
		return Endpoint{}, ctx.Err()
	}
}

// read has each target read once, and returns when all are, or most are and the rest takes too long. False: ctx has ended.
func (w *watch) read(ctx context.Context, targets []Finding) bool {
	r := newReading(targets)
	w.c.readings.set(w.driver, r)
	defer w.c.readings.end(w.driver, r)
	pause := time.Duration(float64(time.Second) * shareAtStart / w.rate())
	for i := range targets {
		if i > 0 && !w.c.sleep(ctx, pause) {
			return false
		}
		w.c.readTarget(r, targets[i].Ref)
	}
	late := time.NewTimer(w.backend.patience())
	defer late.Stop()
	select {
	case <-r.done:
	case <-late.C:
	case <-ctx.Done():
		return false
	}
	r.copyTo(targets)
	return true
}

// rate is how many requests a second the driver may be asked.
func (w *watch) rate() float64 {
	if l, ok := w.backend.Driver.(Limited); ok && l.QPS() > 0 {
		return l.QPS()
	}
	return defaultRate
}

// round has all that is known of the driver read again, spread over the interval, or over longer where there is more than
// a tenth of the driver's limit allows for. While the driver is down nothing is read. False: ctx has ended.
func (w *watch) round(ctx context.Context) bool {
	all := w.known()
	pause := max(w.c.RefreshInterval, shortestRefresh) / time.Duration(max(len(all), 1))
	request := time.Duration(float64(time.Second) * shareOfRate / w.rate())
	for i := 0; i < max(len(all), 1); i++ {
		next := max(pause, request)
		if i < len(all) {
			next = max(pause, w.requests(all[i].ref(), request))
		}
		if !w.c.sleep(ctx, next) || w.c.health.isDown(w.driver) && !w.reconnect(ctx) {
			return false
		}
		if i < len(all) {
			w.c.readAgain(all[i])
		}
	}
	return true
}

// requests is the share of time of a read of a ref, which may take several requests, by that of one request.
func (w *watch) requests(ref rules.Ref, one time.Duration) time.Duration {
	all := one
	if w.snapshot.Rules.WaitsReady(ref) {
		all += one
	}
	if w.snapshot.Rules.WorkloadBounds(ref) {
		all += one
	}
	return all
}

// reconnect waits until the driver is up again.
func (w *watch) reconnect(ctx context.Context) bool {
	s := Survey{Driver: w.driver, Targets: fixedTargets(w.snapshot.Rules, w.driver)}
	endpoint, told, ok := w.connect(ctx, s)
	if ok && told {
		s.Endpoint = endpoint
		_ = level.Info(w.c.Logger).Log(s.connection("driver answers again")...)
	}
	return ok
}

// known lists what is known of the driver: what was not read for the longest first.
func (w *watch) known() []*tracker {
	var all []*tracker
	readAt := map[*tracker]time.Time{}
	for _, tr := range w.c.registry.all() {
		if tr.ref().Driver != w.driver {
			continue
		}
		if at, ok := tr.readAt(); ok {
			all = append(all, tr)
			readAt[tr] = at
		}
	}
	slices.SortFunc(all, func(x, y *tracker) int { return readAt[x].Compare(readAt[y]) })
	return all
}

// readAt returns when the count was last read; false: there is nothing to read.
func (tr *tracker) readAt() (time.Time, bool) {
	tr.mu.Lock()
	defer tr.unlock()
	return tr.cycle.State().ReadAt, tr.cycle.Target() != nil && !tr.cycle.Unknown()
}

// readAgain has the count of a ref read though nothing asks for it. It reports whether that comes.
func (c *Controller) readAgain(tr *tracker) bool {
	tr.mu.Lock()
	defer tr.unlock()
	if tr.gone || tr.heir != nil {
		return false
	}
	defer c.recoverPanic(tr)
	comes := tr.cycle.ReadAgain(c.Now())
	if comes {
		c.pump(tr)
	}
	return comes
}

// sleep returns after a while by the controller's clock; false: ctx has ended.
func (c *Controller) sleep(ctx context.Context, d time.Duration) bool {
	for at := c.Now().Add(d); ctx.Err() == nil; {
		left := at.Sub(c.Now())
		if left <= 0 {
			return true
		}
		if left > d { // the clock was set back
			at, left = c.Now().Add(d), d
		}
		timer := time.NewTimer(min(left, c.MaxSleep))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
	return false
}
