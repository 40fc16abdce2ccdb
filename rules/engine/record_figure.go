package engine

import (
	"slices"

	"alertscale/rules"
)

// figuresOf renders what an alert gives to those of its rules that ask for a count in proportion to it, and notes why it
// gives nothing.
func (r *recorder) figuresOf(m rules.MatchedAlert) (all []Figure) {
	for _, rule := range m.Rules {
		p, ok := rule.Action.(*rules.Proportional)
		if !ok {
			continue
		}
		f, err := p.Figure(m.Alert, r.e.Event, r.now)
		if err == nil {
			all = append(all, Figure{rule.Name, f})
			continue
		}
		if r.broken == nil {
			r.broken = map[string]string{}
		}
		r.broken[rule.Name] = clip(err.Error())
	}
	return all
}

// sameFigures reports whether an alert gives what it gave before.
func (h *AlertState) sameFigures(m *rules.MatchedAlert, e *rules.RefAlerts) bool {
	r := recorder{e: e}
	return slices.Equal(r.figuresOf(*m), h.Figures)
}

// follow makes the largest figure of its alerts that fire the one that a proportional rule asks by, and calls where that is
// another one than before.
func (r *recorder) follow() {
	for name, ep := range r.state.episodes() {
		rule := r.set.RuleFor(name, r.target)
		if rule == nil || !ep.Ended.IsZero() || r.state.firing(name) == 0 {
			continue
		}
		if _, ok := rule.Action.(*rules.Proportional); !ok {
			continue
		}
		largest, gives := r.state.largest(name)
		switch {
		case gives && ep.Figure != nil && *ep.Figure == largest:
		case gives:
			r.ask(rule, *ep, &largest)
		case ep.Call != nil && ep.Call.Broken == "" && r.broken[name] != "":
			call := *ep.Call
			call.Broken = r.broken[name]
			r.state.setCall(name, &call)
			r.changed = true
		}
	}
}

// ask has the rule call for another figure.
func (r *recorder) ask(rule *rules.Rule, ep Episode, figure *float64) {
	call := ep.Call
	if call == nil {
		call = r.state.newCall(r.now)
		call.Cause = causeOf(r.e, func(m *rules.MatchedAlert) bool { return slices.Contains(m.Rules, rule) })
	} else {
		again := *call
		call = &again
	}
	call.Figure, call.Value, call.Start, call.Goal, call.Broken, call.Preempted = figure, nil, nil, nil, "", false
	ep.Figure, ep.Value, ep.Call = figure, nil, call
	r.state.setEpisode(rule.Name, &ep)
	r.changed = true
}

// largest returns the largest figure that an alert which fires gave to a rule.
func (s *RefState) largest(rule string) (largest float64, gives bool) {
	for _, h := range s.allAlerts() {
		if h.Phase != Firing {
			continue
		}
		for _, f := range h.Figures {
			if f.Rule == rule && (!gives || f.Value > largest) {
				largest, gives = f.Value, true
			}
		}
	}
	return largest, gives
}

// followed reports whether each proportional rule asks by the largest figure of its alerts that fire now.
func (s *RefState) followed() bool {
	for name, ep := range s.episodes() {
		if ep.Figure == nil || !ep.Ended.IsZero() {
			continue
		}
		if largest, gives := s.largest(name); gives && largest != *ep.Figure {
			return false
		}
	}
	return true
}

// settleFigure works out what a figure of each replica asks for at the count that is read, once.
func (d *decider) settleFigure(r *rules.Rule, call *Call) *Call {
	p, ok := r.Action.(*rules.Proportional)
	if !ok || p.Total || call.Figure == nil || call.Value != nil {
		return call
	}
	n := p.Asks(*call.Figure, d.observed.Count, d.target.Behavior)
	next := *call
	next.Value = &n
	ep := *d.next.episode(r.Name)
	ep.Call, ep.Value = &next, &n
	d.next.setEpisode(r.Name, &ep)
	d.changed = true
	return &next
}

// input is what the action of a rule is asked on apart from a call.
func (s *RefState) input(rule string, t *rules.Target, count int) rules.Input {
	in := rules.Input{Count: count}
	if t != nil {
		in.Behavior = t.Behavior
	}
	if ep := s.episode(rule); ep != nil {
		in.Value, in.Figure = ep.Value, ep.Figure
	}
	return in
}
