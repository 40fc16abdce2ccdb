package engine

import (
	"fmt"
	"slices"

	"alertscale/rules"

	"github.com/prometheus/common/model"
)

// recorded is what a notification brought for a ref.
type recorded struct {
	changed bool    // there is something to store
	verdict Verdict // Ended or Duplicate: what to report where no call is open
	rule    string  // the first rule that it touched, or whose episode it ended
	why     []string
	cause   Cause
}

func (r *recorder) result() recorded {
	n := recorded{changed: r.changed, verdict: Duplicate}
	all := r.e.Alerts
	if len(all) > 0 {
		n.rule = all[0].Rules[0].Name
	}
	if r.changed {
		n.cause = causeOf(r.e, func(*rules.MatchedAlert) bool { return true })
	}
	switch {
	case len(r.ended) > 0:
		n.verdict, n.rule = Ended, r.ended[0]
		n.why = []string{"the last alert is resolved"}
		for _, name := range r.ended[1:] {
			n.why = append(n.why, fmt.Sprintf("%q: its last alert is resolved too", name))
		}
	case len(r.kept) > 0:
		n.rule = r.kept[0].Name
		n.why = []string{fmt.Sprintf("%q: no alert fires; its episode ends in %s unless one does", n.rule, model.Duration(r.kept[0].KeepActiveFor))}
	case r.stale:
		n.why = []string{"not new: a resolve that is later than its start was heard before"}
	case n.rule != "" && r.state.firing(n.rule) > 0 && all[0].Rules[0].Resolved:
		n.why = []string{fmt.Sprintf("%q: %s; it acts when they are resolved", n.rule, fires(r.state.firing(n.rule)))}
	case n.rule != "" && r.state.firing(n.rule) > 0:
		n.why = []string{fmt.Sprintf("%q: %s; it acts once an episode", n.rule, fires(r.state.firing(n.rule)))}
	case n.rule != "" && r.state.unresolved(n.rule) > 0:
		n.why = []string{fmt.Sprintf("%q goes on: %d of its alerts are silenced, inhibited or not heard of", n.rule, r.state.unresolved(n.rule))}
	default:
		n.why = []string{"nothing new"}
	}
	return n
}

func fires(n int) string {
	if n == 1 {
		return "1 alert fires"
	}
	return fmt.Sprintf("%d alerts fire", n)
}

// nameEnd notes in the call for the end of an episode the alerts whose resolves ended it.
func (r *recorder) nameEnd(rule *rules.Rule, name string) {
	ep := r.state.episode(name)
	if ep.Call == nil || !ep.Call.AtEnd {
		return
	}
	call := *ep.Call
	call.Cause = causeOf(r.e, func(m *rules.MatchedAlert) bool { return m.Alert.Resolved && slices.Contains(m.Rules, rule) })
	r.state.setCall(name, &call)
}

// name notes in an open call that an alert is one of those that it came from.
func (r *recorder) name(rule *rules.Rule, a *rules.Alert) {
	ep := r.state.episode(rule.Name)
	if ep.Call == nil {
		return
	}
	call := *ep.Call
	call.add(a, r.e.Event)
	r.state.setCall(rule.Name, &call)
}
