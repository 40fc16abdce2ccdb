package controller

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"golang.org/x/sync/errgroup"
)

// Survey is what was found out about a driver, and about the workloads of its fixed targets.
type Survey struct {
	Driver   string
	Endpoint Endpoint
	Err      error     // why the driver is down, so that nothing was read; nil: it is not
	Targets  []Finding // by the name of the target
}

// Finding is what was read of the workload of a fixed target.
type Finding struct {
	Target  string
	Ref     rules.Ref
	Outcome engine.Outcome // Succeeded: it is there
	Count   int            // then
	Why     string         // else: what is wrong, and what to do
}

// Found counts the targets whose workload is there.
func (s *Survey) Found() (n int) {
	for i := range s.Targets {
		if s.Targets[i].Outcome == engine.Succeeded {
			n++
		}
	}
	return n
}

// fixedTargets lists the fixed targets of a driver, by name.
func fixedTargets(set *rules.Set, driver string) (all []Finding) {
	for _, name := range slices.Sorted(maps.Keys(set.Targets)) {
		if ref, ok := set.Targets[name].Ref(); ok && ref.Driver == driver {
			all = append(all, Finding{Target: name, Ref: ref, Outcome: engine.Unavailable, Why: "not read so far"})
		}
	}
	return all
}

// readsAtOnce is how many targets LookAround reads at a time.
const readsAtOnce = 8

// LookAround asks a driver where it is connected, and reads the workload of each of its fixed targets once. It changes
// nothing.
func LookAround(ctx context.Context, driver string, b Backend, set *rules.Set) Survey {
	s := Survey{Driver: driver, Targets: fixedTargets(set, driver)}
	if s.Endpoint, s.Err = b.describe(ctx); s.Err != nil {
		return s
	}
	var reads errgroup.Group
	reads.SetLimit(readsAtOnce)
	for i := range s.Targets {
		reads.Go(func() error {
			s.Targets[i].read(ctx, b)
			return nil
		})
	}
	_ = reads.Wait()
	return s
}

func (f *Finding) read(ctx context.Context, b Backend) {
	own, cancel := context.WithTimeout(ctx, b.Timeout)
	defer cancel()
	seen, err := b.Driver.Observe(own, f.Ref)
	reply := replyTo(err)
	reply.Observed = seen
	f.enter(reply)
}

// enter takes over what came of a read.
func (f *Finding) enter(r engine.Reply) {
	f.Outcome, f.Count, f.Why = r.Outcome, r.Observed.Count, r.Text
}

// describe asks a driver where it is connected. A panic of it is an error of this call alone.
func (b *Backend) describe(ctx context.Context) (e Endpoint, err error) {
	d, ok := b.Driver.(Describer)
	if !ok {
		return Endpoint{}, nil
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the driver panicked, please report it: %v\n%s", v, debug.Stack())
		}
	}()
	own, cancel := context.WithTimeout(ctx, b.Timeout)
	defer cancel()
	return d.Describe(own)
}

// maxMissing is how many targets that were not found are logged by themselves.
const maxMissing = 100

// log says what was found out.
func (s *Survey) log(logger log.Logger) {
	missing := len(s.Targets) - s.Found()
	if s.Err != nil {
		_ = level.Warn(logger).Log(append(s.connection("driver is down: alerts are taken, and what they ask of it is tried again"),
			"targets", len(s.Targets), "unread", s.some(), "err", s.Err)...)
		return
	}
	_ = level.Info(logger).Log(append(s.connection("driver connected"), "targets", len(s.Targets), "found", len(s.Targets)-missing)...)
	told := 0
	for i := range s.Targets {
		if f := &s.Targets[i]; f.Outcome != engine.Succeeded && told < maxMissing {
			told++
			f.log(logger)
		}
	}
	if missing > told {
		_ = level.Warn(logger).Log("msg", "more targets were not found", "driver", s.Driver, "targets", missing-told)
	}
}

// maxUnread is how many of the targets of a driver that is down are named.
const maxUnread = 5

// some names the first of the targets.
func (s *Survey) some() string {
	var names []string
	for i := range s.Targets[:min(len(s.Targets), maxUnread)] {
		names = append(names, s.Targets[i].Target)
	}
	if more := len(s.Targets) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// connection is what the log says of the driver itself, without what is not known.
func (s *Survey) connection(msg string) []any {
	all := []any{"msg", msg, "driver", s.Driver}
	for _, pair := range [][2]string{{"address", s.Endpoint.Address}, {"user", s.Endpoint.User}, {"version", s.Endpoint.Version}} {
		if pair[1] != "" {
			all = append(all, pair[0], pair[1])
		}
	}
	return all
}

// log says what is wrong with a target, or that nothing is any more.
func (f *Finding) log(logger log.Logger) {
	if f.Outcome == engine.Succeeded {
		_ = level.Info(logger).Log("msg", "the workload of a target is found", "target", f.Target, "ref", f.Ref, "count", f.Count)
		return
	}
	_ = level.Warn(logger).Log("msg", f.Trouble(), "target", f.Target, "ref", f.Ref, "err", f.Why)
}

// Trouble says in short what is wrong with a target; empty: nothing is.
func (f *Finding) Trouble() string {
	switch f.Outcome {
	case engine.Succeeded:
		return ""
	case engine.NotFound:
		return "the workload of a target is not found"
	case engine.Refused:
		return "the workload of a target cannot be read"
	}
	return "the workload of a target was not read"
}

// patience is how long a survey waits for the last of its reads.
func (b *Backend) patience() time.Duration { return b.Timeout + 5*time.Second }
