package rules

// renderMore renders a set for one more of the alerts that began the episode: the largest counts.
func (r *recorder) renderMore(rule *Rule, a *Alert) {
	if !rule.Action.templated() {
		return
	}
	ep := *r.mem.Episodes[rule.Name]
	n, err := rule.Action.render(a, r.event)
	if err == nil && (ep.Want == nil || n > *ep.Want) {
		ep.Want, r.changed = &n, true
	}
	if ep.Call != nil {
		call := *ep.Call
		call.Want, call.Broken = ep.Want, ""
		if ep.Want == nil {
			call.Broken = err.Error()
		}
		r.changed = r.changed || call.Broken != ep.Call.Broken
		ep.Call = &call
	}
	r.mem.Episodes[rule.Name] = &ep
}

// renderLate renders a set whose call has no count so far.
func (r *recorder) renderLate(rule *Rule, a *Alert) {
	if ep := r.mem.Episodes[rule.Name]; ep != nil && rule.Action.templated() && ep.Want == nil {
		r.renderMore(rule, a)
	}
}
