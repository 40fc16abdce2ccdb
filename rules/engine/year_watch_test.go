package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

// watch looks at all that a cycle does in a year, and checks it against what it knows by itself: the file as it was
// written, what was paused, what the workload is like, and the changes that were made.
type watch struct {
	y    *year
	file *yearFile
	n    counted // in all
	n0   counted // until the day that is under way
	days int

	pausesStored  []Pause              // known to be stored, and not over
	pausesPending []Pause              // that were ever asked for
	fired         map[string]time.Time // when alerts of a rule were last known to fire
	seen          Observed             // as last read
	factsAt       time.Time            // when something of the workload was last changed by somebody
	logged        int                  // of the world's log, that was looked at
	verdict       Verdict              // as last concluded
	alone         int                  // how often in a row the ref was read by itself, and nothing came of it
	read          bool                 // since it slept
	calls         uint64               // how many there had been then
	fires         map[string]time.Time // when alerts were last found to fire, since something came from outside
	leapt         bool                 // our clock was set forward by so much that resolves were forgotten before late words of their alerts
	wasSetBack    bool                 // our clock was: what is stored may count as of later than what is known here
	limits
}

func newWatch(y *year, file *yearFile) *watch {
	return &watch{y: y, file: file, fired: map[string]time.Time{}, fires: map[string]time.Time{}, n: counted{}.clone(), limits: limits{final: map[string]int{}}}
}

// outside notes that something happens that does not come from the cycle.
func (o *watch) outside() { o.alone, o.factsAt, o.fires = 0, o.y.world.now, map[string]time.Time{} }

func (o *watch) reloaded() {
	o.outside()
	o.fired = map[string]time.Time{} // of rules that may be others
}

func (o *watch) resumed(d rules.Direction) {
	o.pausesStored = slices.DeleteFunc(o.pausesStored, func(p Pause) bool { return d == rules.Stay || p.Direction == d })
}

func (o *watch) paused(p Pause) {
	o.pausesStored = slices.DeleteFunc(o.pausesStored, func(q Pause) bool { return q.Direction == p.Direction })
	o.pausesPending = append(o.pausesPending, p)
}

func (o *watch) pauseStored(p Pause) { o.pausesStored = append(o.pausesStored, p) }

// prune forgets what is over.
func (o *watch) prune() {
	now := o.y.world.now
	o.pausesStored = slices.DeleteFunc(o.pausesStored, func(p Pause) bool { return !now.Before(p.Until) })
	for name, n := range o.y.state().FiringByRule() {
		if n > 0 {
			o.fired[name] = now
		}
	}
}

// setBack counts what lies after now as now.
func (o *watch) setBack(now time.Time) {
	for name, at := range o.fired {
		o.fired[name] = earlier(at, now)
	}
	o.wasSetBack = true
	o.factsAt, o.changedAt = now, earlier(o.changedAt, now)
	for i := range o.applied {
		o.applied[i].At = earlier(o.applied[i].At, now)
	}
	o.made = nil
}

// changing checks a change that is asked of the driver.
func (o *watch) changing(e *errand) {
	o.look(e.c)
	a, now := e.asked, o.y.world.now
	d := rules.DirectionOf(a.From, a.To)
	for _, p := range o.pausesStored {
		require.Falsef(o.y.r, p.Direction == rules.Stay || p.Direction == d, "%d → %d by %q, though paused %s until %s", a.From, a.To, a.rule.Name, p.Direction, p.Until)
	}
	require.Falsef(o.y.r, a.target.Paused, "%d → %d by %q, though paused in the file", a.From, a.To, a.rule.Name)
	require.Falsef(o.y.r, o.file.muted(a.rule.Name, now), "%d → %d by %q, which is mute at %s", a.From, a.To, a.rule.Name, now)
	for _, c := range o.y.only().conditions {
		require.Truef(o.y.r, c.Type == ConditionOwned && a.target.OverrideOwner, "%d → %d by %q, though the workload is %s", a.From, a.To, a.rule.Name, c.Type)
	}
	if by := o.holder(e.c.State(), a.target, a.rule, d, a.From); by != "" {
		require.Failf(o.y.r, "a change though it is held", "%d → %d by %q, held by %q", a.From, a.To, a.rule.Name, by)
	}
	o.withinLimits(e)
}

// holder returns a rule that is active, or kept so, and holds a direction; empty: there is none.
func (o *watch) holder(s *RefState, t *rules.Target, but *rules.Rule, d rules.Direction, count int) string {
	for _, r := range o.y.set.Rules {
		if r == but || r.DryRun || r.Resolved || rules.Holds(r.Action) && o.file.muted(r.Name, o.y.world.now) {
			continue
		}
		ep := s.episode(r.Name)
		quiet := r.KeepActiveFor == 0 || !o.y.world.now.Before(o.fired[r.Name].Add(r.KeepActiveFor)) || o.fired[r.Name].IsZero()
		if s.firing(r.Name) == 0 && (quiet || ep == nil || !ep.Ended.IsZero()) {
			continue
		}
		if r.Action.Blocks(d, s.input(r.Name, t, count)) {
			return r.Name
		}
	}
	return ""
}

// done looks at what came of a command.
func (o *watch) done(e *errand, r Reply, out Conclusion) {
	o.look(e.c)
	switch o.n.commands[e.cmd.Kind]++; {
	case e.cmd.Kind == Observe && r.Outcome == Succeeded:
		o.read, o.seen = true, r.Observed
		if t := e.c.Target(); t != nil && t.Behavior == nil {
			o.applied = nil
		}
	case e.cmd.Kind == Ask:
		o.lookedUp(e.cmd, r)
	case e.cmd.Kind == Load:
		o.fires = map[string]time.Time{} // which is not known by then
	case e.cmd.Kind == Scale && r.Outcome == Succeeded:
		o.n.scaled++
		o.alone = 0
		o.apply(e.c.Target(), e.cmd.Change.To-e.cmd.Change.From)
		if o.y.gitops {
			o.y.later(o.y.truly().Add(20*time.Second), func() { o.outside(); o.n.reverts++; o.y.setCount(e.cmd.Change.From) })
		}
	}
	if out.Ended && len(out.Decisions) > 0 {
		if v := out.Decisions[0].Verdict; v != o.verdict {
			o.verdict, o.alone = v, 0
		}
		o.n.verdicts[o.verdict]++
		if e.cmd.Kind == Observe && e.c.Target() != nil {
			o.justified(e.c, out.Decisions[0])
		}
	}
}

// lookedUp checks that an alert which fires is not looked up again at once.
func (o *watch) lookedUp(cmd Command, r Reply) {
	for i, q := range cmd.Questions {
		last, next := o.fires[q.Fingerprint], o.fires[q.Fingerprint].Add(o.y.set.LookupAfter)
		require.Falsef(o.y.r, !last.IsZero() && o.y.world.now.Before(next), "%s is looked up again sooner than %s", q.Fingerprint, next)
		if r.Lookups[i] == rules.LookupFiring {
			o.fires[q.Fingerprint] = o.y.world.now
		}
	}
}

// justified checks that a verdict is one that what is there gives a reason for.
func (o *watch) justified(c *Cycle, d Decision) {
	t, now, rule := c.Target(), o.y.world.now, o.y.set.RuleFor(d.Rule, c.Target())
	if rule == nil { // a change of unknown outcome of a rule that is gone
		require.NotNilf(o.y.r, c.State().Intent, "%+v", d)
		return
	}
	why := true
	switch d.Verdict {
	case Paused:
		why = t.Paused || slices.ContainsFunc(o.pausesPending, func(p Pause) bool {
			way := rule.Action.Direction()
			return now.Before(p.Until) && (p.Direction == rules.Stay || way == rules.Stay || way == p.Direction)
		})
	case Muted:
		why = o.file.muted(d.Rule, now)
	case Held:
		for name, ep := range c.State().episodes() { // when it became quiet is not seen from outside
			if r := o.y.set.RuleFor(name, t); r != nil && now.Before(ep.quietUntil(r)) {
				o.fired[name] = later(o.fired[name], ep.QuietAt)
			}
		}
		why = o.holder(c.State(), t, rule, rules.Up, *d.From) != "" || o.holder(c.State(), t, rule, rules.Down, *d.From) != ""
	case Cooling:
		why = len(c.settledNow) > 0 || o.wasSetBack || now.Before(o.changedAt.Add(max(rule.CooldownOn(t, rules.Up), rule.CooldownOn(t, rules.Down))))
	case Stabilizing, Limited:
		why = t.Behavior != nil
	case Owned, Disabled, NotReady:
		why = len(o.y.only().conditions) > 0 || d.Verdict == Disabled && *d.From == 0 || d.Verdict == NotReady && o.y.only().unready
	case Reverted:
		why = c.State().policies().Reverts != nil && o.n.reverts > 0
	case AtBound:
		low, high, alone := o.y.only().bounds(t)
		why = !alone && (*d.From <= low || *d.From >= high)
	}
	require.Truef(o.y.r, why, "%s for no reason: %+v", d.Verdict, d)
}

// look brings what is known up to now: where the process is another one, up to what that knows.
func (o *watch) look(c *Cycle) {
	o.follow(c)
	o.prune()
	if c.State().policies().Baseline == nil {
		o.floor = nil
	}
	for _, d := range o.y.world.log[o.logged:] {
		if d.Verdict == Scaled && strings.Contains(strings.Join(d.Why, " "), "of unknown outcome") {
			o.apply(c.Target(), *d.To-*d.From)
			o.arm(c.Target(), *d.From, *d.To)
		}
	}
	o.logged = len(o.y.world.log)
	o.untwin(c.State().policies().Steps)
}

// day checks, when a day is over, that what was done in it is bounded by what happened.
func (o *watch) day() {
	for days := int(o.y.truly().Sub(epoch) / (24 * time.Hour)); days != o.days; o.days = days {
		n := o.n
		if o.days > 0 {
			came := n.events - o.n0.events + n.notifications - o.n0.notifications
			reads, saves := n.commands[Observe]-o.n0.commands[Observe], n.commands[Save]-o.n0.commands[Save]
			require.LessOrEqual(o.y.r, reads, 3000+20*came)
			require.LessOrEqual(o.y.r, saves, reads+10*came+100)
			o.n.mostReads, o.n.mostSaves = max(n.mostReads, reads), max(n.mostSaves, saves)
		}
		o.n.days++
		o.n0 = o.n.clone()
	}
}

// counted is what came to pass.
type counted struct {
	days, events, notifications, lookups, scaled, reverts int
	mostReads, mostSaves                                  int // of a day
	commands                                              map[Kind]int
	verdicts                                              map[Verdict]int
}

func (n counted) clone() counted {
	n.commands, n.verdicts = add(nil, n.commands), add(nil, n.verdicts)
	return n
}

func (n *counted) add(o counted) {
	n.days += o.days
	n.events += o.events
	n.notifications += o.notifications
	n.lookups += o.lookups
	n.scaled += o.scaled
	n.reverts += o.reverts
	n.mostReads, n.mostSaves = max(n.mostReads, o.mostReads), max(n.mostSaves, o.mostSaves)
	n.commands, n.verdicts = add(n.commands, o.commands), add(n.verdicts, o.verdicts)
}

func add[K comparable](to, of map[K]int) map[K]int {
	if to == nil {
		to = map[K]int{}
	}
	for k, n := range of {
		to[k] += n
	}
	return to
}

func (n counted) String() string {
	return fmt.Sprintf("%d days: %d events, %d notifications, %d look-ups, %d changes; at most %d reads and %d writes a day; commands %v, verdicts %v",
		n.days, n.events, n.notifications, n.lookups, n.scaled, n.mostReads, n.mostSaves, n.commands, n.verdicts)
}
