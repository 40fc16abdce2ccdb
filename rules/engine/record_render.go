package engine

import "alertscale/rules"

// renderMore renders an action's template for one more of the alerts that began the episode: the largest counts.
func (r *recorder) renderMore(rule *rules.Rule, a *rules.Alert) {
	action, ok := rules.Templated(rule.Action)
	if !ok {
		return
	}
	ep := *r.state.episode(rule.Name)
	n, err := action.Value(a, r.e.Event, r.now)
	if err == nil && (ep.Value == nil || n > *ep.Value) {
		ep.Value, r.changed = &n, true
	}
	if ep.Call != nil {
		call := *ep.Call
		call.Value, call.Broken = ep.Value, ""
		if ep.Value == nil {
			call.Broken = clip(err.Error())
		}
		r.changed = r.changed || call.Broken != ep.Call.Broken
		ep.Call = &call
	}
	r.state.setEpisode(rule.Name, &ep)
}

// renderLate renders a template whose call has no value so far.
func (r *recorder) renderLate(rule *rules.Rule, a *rules.Alert) {
	if ep := r.state.episode(rule.Name); ep != nil && ep.Value == nil {
		r.renderMore(rule, a)
	}
}
