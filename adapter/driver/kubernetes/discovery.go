package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"alertscale/adapter/controller"
)

const (
	// again is how long an answer of discovery holds that did not help: that there is no such
	// kind, or that the server cannot say.
	again = time.Minute
	// maxUnknown is how many kinds may turn out to be unknown within that time. Each costs a
	// discovery, and a template may make them up without end.
	maxUnknown = 20
)

// discovery knows what kinds the API server has, and asks it where it does not.
type discovery struct {
	client *client
	now    func() time.Time

	mu      sync.Mutex
	kinds   table
	read    time.Time            // when the kinds were last read; zero: never
	missing []groupVersion       // what the server could not tell of then
	refusal *refused             // of the last reading, where the server answered and told nothing
	asked   time.Time            // when the server last told nothing, or not all
	unknown map[string]time.Time // kinds that discovery has no use of, and when that was found
	flight  *flight              // a reading that is under way
}

// flight is a reading of all kinds that several calls wait for.
type flight struct {
	done      chan struct{}
	err       error // no answer
	abandoned bool  // the call that did the reading was cancelled
}

func newDiscovery(c *client, now func() time.Time) *discovery {
	return &discovery{client: c, now: now, kinds: table{}, unknown: map[string]time.Time{}}
}

// resolve finds a kind: in memory, or by a reading of all kinds that it shares with others. An
// error of the adapter's sentinels is a full answer, every other one is transient.
func (d *discovery) resolve(ctx context.Context, k kind) (resource, error) {
	for fresh := false; ; {
		d.mu.Lock()
		r, settled, err := d.recall(k, fresh)
		if settled {
			d.mu.Unlock()
			return r, err
		}
		f, lead := d.flight, d.flight == nil
		if lead {
			f = &flight{done: make(chan struct{})}
			d.flight = f
		}
		d.mu.Unlock()
		if lead {
			d.fly(ctx, f)
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return resource{}, fmt.Errorf("discovery of kind %s: %w", k, ctx.Err())
		}
		if f.err != nil && (lead || !f.abandoned) {
			return resource{}, fmt.Errorf("discovery of kind %s: %w", k, f.err)
		}
		fresh = f.err == nil
	}
}

// recall answers from memory, if it holds an answer that need not be asked for: fresh tells that
// all kinds were read for this very call.
func (d *discovery) recall(k kind, fresh bool) (r resource, settled bool, err error) {
	r, err = d.kinds.choose(k)
	if err == nil {
		return r, true, nil
	}
	now := d.now()
	if left := d.asked.Add(again).Sub(now); left > 0 {
		if d.refusal != nil {
			return r, true, d.refusal.of(k, left)
		}
		if doubt := d.doubt(k); doubt != "" {
			// The sentinel of err must not show through.
			return r, true, &controller.ThrottledError{After: left, Err: fmt.Errorf("%v (not final: these API groups do not answer the API server: %s)", err, doubt)}
		}
	}
	if fresh {
		d.unknown[k.ref] = now
		return r, true, err
	}
	return d.recallUnknown(k, err, now)
}

func (d *discovery) recallUnknown(k kind, why error, now time.Time) (resource, bool, error) {
	for name, at := range d.unknown {
		if now.Sub(at) >= again {
			delete(d.unknown, name)
		}
	}
	if _, ok := d.unknown[k.ref]; ok {
		return resource{}, true, why
	}
	if len(d.unknown) >= maxUnknown {
		return resource{}, true, &controller.ThrottledError{After: again, Err: fmt.Errorf("discovery of kind %s: %d kinds were unknown within %s, no more are looked up for now", k, len(d.unknown), again)}
	}
	return resource{}, false, nil
}

// of says that the kinds were not told, for a kind that is asked for.
func (r *refused) of(k kind, left time.Duration) error {
	if own := ownRefusal(r.Answer, r.status); own != nil {
		return fmt.Errorf("%w: discovery of kind %s: %v", own, k, r)
	}
	if r.Code == http.StatusUnauthorized {
		return &controller.ThrottledError{After: left, Err: fmt.Errorf("%w: discovery of kind %s: %w", controller.ErrUnauthorized, k, r)}
	}
	return &controller.ThrottledError{After: left, Err: fmt.Errorf("discovery of kind %s: %w", k, r)}
}

// ask makes the next call for a kind that was unknown ask the API server again.
func (d *discovery) ask(k kind) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.unknown, k.ref)
}

// doubt lists the group versions that may have a kind and were not told of.
func (d *discovery) doubt(k kind) string {
	var in []string
	for _, gv := range d.missing {
		if k.covers(gv.group, gv.version) {
			in = append(in, gv.String())
		}
	}
	return strings.Join(in, ", ")
}

// fly reads all kinds.
func (d *discovery) fly(ctx context.Context, f *flight) {
	found, missing, err := d.client.resources(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	defer close(f.done)
	d.flight = nil
	if no := (*refused)(nil); errors.As(err, &no) {
		d.refusal, d.asked = no, d.now()
		return
	}
	if err != nil {
		f.err, f.abandoned = err, ctx.Err() != nil
		return
	}
	found.keep(d.kinds, missing)
	d.kinds, d.missing, d.refusal, d.read = found, missing, nil, d.now()
	if len(missing) > 0 {
		d.asked = d.read
	}
}

// forget drops a resource that the API server does not serve any more, so that its kind is looked
// up again. Where all kinds were read a moment ago it keeps it, and returns how long for.
func (d *discovery) forget(k kind, gone resource) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	if left := d.read.Add(again).Sub(d.now()); left > 0 {
		return left
	}
	var rest []resource
	for _, r := range d.kinds[k.name] {
		if r != gone {
			rest = append(rest, r)
		}
	}
	d.kinds[k.name] = rest
	return 0
}
