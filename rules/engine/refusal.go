package engine

import "alertscale/rules"

// Refusal is the decision for a rule of an event that comes to no ref.
func Refusal(r rules.RenderError, e *rules.Event) Decision {
	return Decision{
		Ref: r.Ref, Rule: r.Rule.Name, Target: r.Rule.Target.Name, Verdict: Rejected, Why: []string{clip(r.Text)}, Cause: BroughtBy(e),
	}
}

// maxRefused is of how many alerts of a message that could not be taken decisions tell.
const maxRefused = 5

// Refusals are the decisions for alerts of a message that could not be taken: for the first of them.
func Refusals(e *rules.Event) []Decision {
	var all []Decision
	for _, r := range e.Refused[:min(len(e.Refused), maxRefused)] {
		d := Decision{Verdict: Rejected, Why: []string{clip(r.Why)}, Cause: BroughtBy(e)}
		d.Alerts = []NamedAlert{NameOf(&rules.Alert{Labels: r.Labels})}
		all = append(all, d)
	}
	return all
}
