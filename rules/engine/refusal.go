package engine

import "alertscale/rules"

// Refusal is the decision for an alert's rule that comes to no ref.
func Refusal(e rules.RenderError) Decision {
	return Decision{Ref: e.Ref, Rule: e.Rule.Name, Target: e.Rule.Target.Name, Verdict: Rejected, Why: []string{clip(e.Text)}}
}

// maxRefused is of how many alerts of a message that could not be taken decisions tell.
const maxRefused = 5

// Refusals are the decisions for alerts of a message that could not be taken: for the first of them.
func Refusals(e *rules.Event) []Decision {
	var all []Decision
	for _, r := range e.Refused[:min(len(e.Refused), maxRefused)] {
		all = append(all, Decision{Verdict: Rejected, Why: []string{clip(r.Why)}, Alerts: []string{r.Labels.String()}})
	}
	return all
}
