package engine

import (
	"slices"
	"time"

	"alertscale/rules"
)

// The times by which a firing alert that did not start after its resolve takes that resolve back: a sender that
// lags, or one that had lost sight of a firing alert.
const (
	staleAfter  = 5 * time.Minute  // heard later than this after the resolve, it resumes its episode at once
	resumeAfter = 10 * time.Minute // heard earlier, it does so this long after the resolve, if nobody denies it
	doubtFor    = time.Hour        // resumed by such an earlier word, it counts for this long without another one
)

// record enters what a notification says of a ref into its state.
func record(set *rules.Set, state RefState, e *rules.RefAlerts, now time.Time) (RefState, recorded) {
	r := recorder{set: set, target: e.Target, state: state.clone(), e: e, now: now, began: map[string]bool{}}
	if r.youngest = e.Youngest; r.youngest.After(now) {
		r.youngest = e.Event.Youngest(now)
	}
	r.changed = r.state.expire(set, e.Target, now)
	r.adopt()
	r.wholly = r.state.tellsOfAll(e)
	known, fresh, gone := r.sort(e.Alerts)
	for _, m := range known {
		r.known(m)
	}
	if e.Event.Hook != "" && len(fresh) > 0 {
		r.endHooked()
	}
	for _, m := range fresh {
		r.state.dropAlert(m.Alert.Fingerprint) // without an end of its episodes: it comes again as a new one
	}
	for _, m := range fresh {
		r.fresh(m)
	}
	for _, m := range gone {
		r.resolve(m)
	}
	if e.Group != 0 && e.Event.Truncated == 0 {
		r.leftOut()
	}
	if r.byGroup {
		r.state.hearGroup(e.Group, now)
	}
	r.end()
	r.follow()
	r.state.noteQuiet(set, e.Target, now)
	r.changed = r.state.restores(set, e.Target, now) || r.changed
	r.state.trim()
	return r.state, r.result()
}

// recorder enters one notification into a state.
type recorder struct {
	set     *rules.Set
	target  *rules.Target
	state   RefState
	e       *rules.RefAlerts
	now     time.Time
	changed bool

	youngest time.Time // the latest time of which the notification knows; of those that lie ahead it knows nothing
	wholly   bool      // it tells of everything that its group knows
	byGroup  bool      // when some of its alerts were heard of is to be noted of the group alone

	began    map[string]bool // rules whose episode began with this notification
	resolved []string        // rules that lost an alert by a resolve
	ended    []string        // rules whose episode ended by one
	kept     []*rules.Rule   // rules whose episode is to end by one, once no alert has fired for a while
	stale    bool
	broken   map[string]string // why an alert gave no figure, by the rule
}

// put replaces what is known of an alert.
func (r *recorder) put(fingerprint string, h AlertState) {
	r.state.putAlert(fingerprint, h)
	r.changed = true
}

// sort parts the alerts into firing ones that are known, firing ones that are new, and resolves.
func (r *recorder) sort(all []rules.MatchedAlert) (known, fresh, gone []rules.MatchedAlert) {
	for _, m := range all {
		h, heard := r.state.alert(m.Alert.Fingerprint)
		switch {
		case m.Alert.Resolved:
			gone = append(gone, m)
		case !heard:
			fresh = append(fresh, m)
		case h.knows(m.Alert):
			known = append(known, m)
		case h.Hook != "", r.state.outlived(&h, m.Alert):
			fresh = append(fresh, m)
		case h.Phase == Resolved && r.believes(&h) && r.state.beginsEpisode(&h, m.Rules):
			fresh = append(fresh, m)
		default:
			known = append(known, m)
		}
	}
	return known, fresh, gone
}

// outlived reports whether a firing alert is a new one under the same fingerprint.
func (s *RefState) outlived(h *AlertState, a *rules.Alert) bool {
	if h.Phase == Resolved {
		return a.StartsAt.After(h.EndsAt)
	}
	return !h.goesOn(a) && a.StartsAt.After(h.StartsAt) && a.StartsAt.After(s.heardAt(h))
}

// known enters a firing alert that is known: it refreshes, or ends its suspension, or disputes its resolve.
func (r *recorder) known(m rules.MatchedAlert) {
	fp := m.Alert.Fingerprint
	h, _ := r.state.alert(fp)
	switch {
	case h.Hook != "":
		r.again(m, h)
		return
	case h.Phase == Resolved:
		r.dispute(m, h)
		return
	case r.staysSilenced(&h, m.Alert):
		r.keepSilenced(fp, h, m.Alert)
		return
	}
	next := h
	next.Phase, next.At, next.LastAt, next.DoubtedAt = Firing, r.now, time.Time{}, time.Time{}
	next.Until = h.until(m.Alert, r.set.AlertTTL, r.now)
	if m.Alert.StartsAt.After(h.StartsAt) && !h.goesOn(m.Alert) {
		next.StartsAt = m.Alert.StartsAt
	}
	next.Groups = joined(h.Groups, r.e.Group)
	next.Rules = namesOf(m.Rules, h.Rules)
	next.Figures = r.figuresOf(m)
	if next.Labels == nil {
		next.Labels = r.labelsOf(m)
	}
	switch {
	case !next.same(&h):
		r.put(fp, next)
	case r.wholly:
		r.byGroup = true
	default:
		r.state.putAlert(fp, next)
	}
	for _, rule := range m.Rules {
		r.join(rule, slices.Contains(h.Rules, rule.Name))
		r.renderLate(rule, m.Alert)
	}
}

// same reports whether nothing is different but when the alert was heard of.
func (h *AlertState) same(o *AlertState) bool {
	return h.Phase == o.Phase && h.StartsAt.Equal(o.StartsAt) && h.DoubtedAt.Equal(o.DoubtedAt) && h.Until.IsZero() == o.Until.IsZero() &&
		slices.Equal(h.Groups, o.Groups) && slices.Equal(h.Rules, o.Rules) && slices.Equal(h.Figures, o.Figures) && (h.Labels == nil) == (o.Labels == nil)
}

// fresh enters an alert that is new.
func (r *recorder) fresh(m rules.MatchedAlert) {
	for _, rule := range m.Rules {
		switch {
		case r.state.firing(rule.Name) == 0 && !r.state.keptBy(rule, r.now):
			r.begin(rule, m.Alert)
		case r.began[rule.Name]:
			r.renderMore(rule, m.Alert)
			r.name(rule, m.Alert)
		default:
			r.renderLate(rule, m.Alert)
		}
	}
	h := AlertState{
		Phase: Firing, StartsAt: m.Alert.StartsAt, At: r.now,
		Groups: joined(nil, r.e.Group), Rules: namesOf(m.Rules, nil),
		Hook: r.e.Event.Hook, Until: r.e.Event.Until, KnownUntil: r.e.Event.KnownUntil, Figures: r.figuresOf(m),
		Labels: r.labelsOf(m),
	}
	h.Until = h.until(m.Alert, r.set.AlertTTL, r.now)
	r.put(m.Alert.Fingerprint, h)
}

// begin starts an episode of a rule, with its call. What was suspended goes over into it.
func (r *recorder) begin(rule *rules.Rule, a *rules.Alert) {
	ep := &Episode{Since: r.now}
	if rule.CallsAtStart() {
		ep.Call = r.state.newCall(r.now)
	}
	r.state.setEpisode(rule.Name, ep)
	r.began[rule.Name], r.changed = true, true
	r.renderMore(rule, a)
	r.name(rule, a)
}

// join makes sure that a rule which has an alert has an episode. One that a resolve ended resumes where the alert was
// in it, though suspended; else it is one without a call, for an alert that another rule knew.
func (r *recorder) join(rule *rules.Rule, member bool) {
	ep := r.state.episode(rule.Name)
	switch {
	case ep == nil || !ep.Ended.IsZero() && !member:
		r.state.setEpisode(rule.Name, &Episode{Since: r.now})
		r.changed = true
	case !ep.Ended.IsZero():
		r.state.setEpisode(rule.Name, ep.resumed())
		r.changed = true
	}
}

// end ends the episodes that have no alert left: by a resolve as soon as none fires.
func (r *recorder) end() {
	for name, ep := range r.state.episodes() {
		if r.state.firing(name) > 0 || !ep.Ended.IsZero() || isRestore(name) {
			continue
		}
		switch {
		case slices.Contains(r.resolved, name):
			r.endOrKeep(name)
		case ep.Ending:
			continue
		case r.state.unresolved(name) > 0:
			continue
		default:
			r.state.dropEpisode(name)
		}
		r.changed = true
	}
}

// namesOf returns the names of rules; those that were there before, if they are the same.
func namesOf(all []*rules.Rule, before []string) []string {
	if slices.EqualFunc(all, before, func(r *rules.Rule, name string) bool { return r.Name == name }) {
		return before
	}
	names := make([]string, 0, len(all))
	for _, r := range all {
		names = append(names, r.Name)
	}
	return names
}

// joined returns memberships with one of a group that told of the alert just now.
func joined(all []Membership, g rules.GroupID) []Membership {
	i := slices.IndexFunc(all, func(m Membership) bool { return m.Group == g })
	switch {
	case i < 0:
		return append(slices.Clone(all), Membership{Group: g})
	case all[i].LeftOutAt.IsZero():
		return all
	}
	next := slices.Clone(all)
	next[i] = Membership{Group: g}
	return next
}
