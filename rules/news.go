package rules

import "fmt"

// News is what a notification brought for a ref.
type News struct {
	Changed bool    // there is something to store
	Verdict Verdict // Ended or Duplicate: what to report where no call is open
	Rule    string  // the first rule that it touched, or whose episode it ended
	Why     []string
}

func (r *recorder) news(hits []Hit) News {
	n := News{Changed: r.changed, Verdict: Duplicate}
	if len(hits) > 0 {
		n.Rule = hits[0].Rules[0].Name
	}
	switch {
	case len(r.ended) > 0:
		n.Verdict, n.Rule = Ended, r.ended[0]
		n.Why = []string{"the last alert is resolved"}
		for _, name := range r.ended[1:] {
			n.Why = append(n.Why, fmt.Sprintf("%q: its last alert is resolved too", name))
		}
	case r.stale:
		n.Why = []string{"not new: a resolve that is later than its start was heard before"}
	case n.Rule != "" && r.firing[n.Rule] > 0 && hits[0].Rules[0].Resolved:
		n.Why = []string{fmt.Sprintf("%q: %s; it acts when they are resolved", n.Rule, fires(r.firing[n.Rule]))}
	case n.Rule != "" && r.firing[n.Rule] > 0:
		n.Why = []string{fmt.Sprintf("%q: %s; it acts once an episode", n.Rule, fires(r.firing[n.Rule]))}
	case n.Rule != "" && r.held[n.Rule] > 0:
		n.Why = []string{fmt.Sprintf("%q goes on: %d of its alerts are silenced, inhibited or not heard of", n.Rule, r.held[n.Rule])}
	default:
		n.Why = []string{"nothing new"}
	}
	return n
}

func fires(n int) string {
	if n == 1 {
		return "1 alert fires"
	}
	return fmt.Sprintf("%d alerts fire", n)
}
