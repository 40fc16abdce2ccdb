package rancher

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-kit/log/level"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// host is a host, as far as it is of use here, and all that the server says of it: the client's own type has
// no room for what belongs to custom machine drivers.
type host struct {
	hostFields
	raw map[string]json.RawMessage
}

type hostFields struct {
	ID         string            `json:"id"`
	AccountID  string            `json:"accountId"`
	Name       string            `json:"name"`
	Hostname   string            `json:"hostname"`
	State      string            `json:"state"` // of an active host: its agent's
	AgentState string            `json:"agentState"`
	CreatedTS  int64             `json:"createdTS"`
	Labels     map[string]any    `json:"labels"`
	Actions    map[string]string `json:"actions"`
}

// UnmarshalJSON reads the fields that are known and keeps all of them.
func (h *host) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, &h.hostFields); err != nil {
		return err
	}
	return json.Unmarshal(text, &h.raw)
}

func (h *host) has(pairs []rules.Label) bool {
	for _, p := range pairs {
		if v, ok := h.Labels[p.Name]; !ok || fmt.Sprint(v) != p.Value {
			return false
		}
	}
	return true
}

// coming reports whether a host is being made.
func (h *host) coming() bool {
	return h.State == "registering" || h.State == "provisioning" || h.State == "activating"
}

// older orders hosts by age.
func older(a, b host) int {
	return cmp.Or(cmp.Compare(a.CreatedTS, b.CreatedTS), cmp.Compare(number(a.ID), number(b.ID)))
}

// number is the last number of an id: 7 of 1h7.
func number(id string) int {
	digits := id[len(strings.TrimRight(id, "0123456789")):]
	n, _ := strconv.Atoi(digits)
	return n
}

// group is the hosts of a ref, and their environment.
type group struct {
	first   rules.Remove // which go first
	all     []host       // of the environment
	members []host       // that count, the oldest first
	failed  []host       // of the group, in error
}

// hosts remembers what the driver did to hosts.
type hosts struct {
	mu       sync.Mutex
	ordered  map[string]time.Time // by id, when a host was ordered to go; zero: it was looked up and was not
	logged   map[string]bool      // ids of hosts in error that the log has
	recalled atomic.Bool          // whether ordered has what was ordered before this start
}

func (v *hosts) init() {
	v.ordered, v.logged = map[string]time.Time{}, map[string]bool{}
}

func (v *hosts) order(id string) (at time.Time, known bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	at, known = v.ordered[id]
	return at, known
}

func (v *hosts) setOrder(id string, at time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ordered[id] = at
}

// firstLogged reports whether a host in error has not been logged yet.
func (v *hosts) firstLogged(id string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	was := v.logged[id]
	v.logged[id] = true
	return !was
}

// observeHosts counts a group. It waits for a call that was given up, which might still change it.
func (d *Driver) observeHosts(ctx context.Context, s *session, ref rules.Ref) (engine.Observed, error) {
	l, err := d.shared.locks.Lock(ctx, s.key(ref))
	if err != nil {
		return engine.Observed{}, fmt.Errorf("%s: %w", name(ref), err)
	}
	defer l.Release()
	g, err := d.group(ctx, s, ref)
	if err != nil {
		return engine.Observed{}, err
	}
	made := func(h host) bool { return h.State == "registering" || h.State == "provisioning" }
	o := engine.Observed{Count: len(g.members), Ready: !slices.ContainsFunc(g.members, made)}
	if o.Count == 0 {
		o.Conditions = append(o.Conditions, engine.Condition{
			Type: engine.ConditionUnscalable,
			Text: "no host has the labels " + ref.Name + ": there is none to clone; add one, or correct the selector",
		})
	}
	return o, nil
}

// group reads the hosts of a ref.
func (d *Driver) group(ctx context.Context, s *session, ref rules.Ref) (*group, error) {
	pairs, first, ok := d.options.Group(ref)
	if !ok {
		return nil, fmt.Errorf("%w: %s: the file has no target with such a selector", controller.ErrInvalid, name(ref))
	}
	if err := d.recall(ctx, s); err != nil {
		return nil, explain(name(ref), err)
	}
	all, err := list[host](ctx, d, s, typeHost, nil)
	if err != nil {
		return nil, explain(name(ref), err)
	}
	foreign := func(h host) bool { return h.AccountID != s.environment }
	g := &group{first: first, all: slices.DeleteFunc(all, foreign)}
	slices.SortFunc(g.all, older)
	for _, h := range g.all {
		if !h.has(pairs) || gone(h.State) {
			continue
		}
		if h.State == "error" {
			g.failed = append(g.failed, h)
			continue
		}
		leaving, err := d.leaving(ctx, s, h)
		if err != nil {
			return nil, explain(name(ref), err)
		}
		if !leaving {
			g.members = append(g.members, h)
		}
	}
	d.logFailed(ref, g.failed)
	return g, nil
}

func (d *Driver) logFailed(ref rules.Ref, failed []host) {
	for _, h := range failed {
		if d.hosts.firstLogged(h.ID) {
			_ = level.Warn(d.options.Logger).Log("msg", "a host of the group is in error: it does not count, and is not replaced; find out why and remove it",
				"ref", ref, "host", h.ID, "hostname", h.Hostname)
		}
	}
}

// ignored is after how long a host that was ordered to go and is active all the same counts again.
const ignored = 5 * time.Minute

// leaving reports whether a host that is there was removed by the driver: since it started, or, as the server
// knows, before that.
func (d *Driver) leaving(ctx context.Context, s *session, h host) (bool, error) {
	now := d.options.Now()
	if at, known := d.hosts.order(h.ID); known {
		return !at.IsZero() && (h.State != "active" || now.Sub(at) < ignored), nil
	}
	if h.State != "deactivating" && h.State != "inactive" {
		return false, nil
	}
	leaving, err := d.evacuated(ctx, s, h.ID)
	switch {
	case err != nil:
		return false, err
	case leaving:
		d.hosts.setOrder(h.ID, now)
	default:
		d.hosts.setOrder(h.ID, time.Time{})
	}
	return leaving, nil
}
