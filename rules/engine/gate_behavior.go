package engine

import (
	"fmt"
	"slices"
	"time"

	"alertscale/rules"

	"github.com/prometheus/common/model"
)

// stabilizationGate lets a call go no further than the safest of what was recommended within the window of its direction:
// up the lowest, down the highest. As the HorizontalPodAutoscaler does it (stabilizeRecommendationWithBehaviors).
type stabilizationGate struct{}

// Check implements Gate.
func (stabilizationGate) Check(c *Case) *Reason {
	if c.Target.Behavior == nil || c.Want.Direction == rules.Stay {
		return nil
	}
	window := c.Target.Behavior.For(c.Want.Direction).Window
	safest, last := c.To, time.Time{}
	for _, r := range c.recommended() {
		if d := rules.DirectionOf(c.To, r.Count); !r.At.Add(window).After(c.Now) || d == c.Want.Direction || d == rules.Stay {
			continue
		}
		if safest == c.To || rules.DirectionOf(safest, r.Count) == -c.Want.Direction {
			safest, last = r.Count, time.Time{}
		}
		if r.Count == safest {
			last = later(last, r.At)
		}
	}
	if safest == c.To {
		return nil
	}
	word := map[rules.Direction]string{rules.Up: "lowest", rules.Down: "highest"}[c.Want.Direction]
	text := fmt.Sprintf("stabilization: the %s recommendation of the last %s is %d", word, model.Duration(window), safest)
	return c.only(safest, Stabilizing, text, last.Add(window))
}

// recommended lists what was recommended apart from the call. A dry run is decided by itself: up to its call there was what
// the others asked for, and since then nobody's wish but its own.
func (c *Case) recommended() []Recommendation {
	if !c.Rule.DryRun {
		return c.State.policies().Recommended
	}
	since := func(r Recommendation) bool { return r.At.After(c.Call.At) }
	return append(slices.DeleteFunc(slices.Clone(c.State.policies().Recommended), since), Recommendation{c.Call.At, c.Observed.Count})
}

// closedGate stops a call whose direction has the selectPolicy Disabled. It may stay so for ever, so that the call does not
// compete: it would keep the way back waiting as long.
type closedGate struct{}

// Check implements Gate.
func (closedGate) Check(c *Case) *Reason {
	if c.Target.Behavior == nil || c.Want.Direction == rules.Stay {
		return nil
	}
	s := c.Target.Behavior.For(c.Want.Direction)
	if s.Select != rules.SelectDisabled {
		return nil
	}
	limit, by := s.Limit(c.Want.Direction, c.Observed.Count, nil)
	return &Reason{Gate: Limited, Text: fmt.Sprintf("%d at the most, %s", limit, by)}
}

// policyGate lets a call go no further than its direction's policies allow.
type policyGate struct{}

// Check implements Gate.
func (policyGate) Check(c *Case) *Reason {
	if c.Target.Behavior == nil || c.Want.Direction == rules.Stay {
		return nil
	}
	s := c.Target.Behavior.For(c.Want.Direction)
	limit, by := s.Limit(c.Want.Direction, c.Observed.Count, func(period time.Duration) (up, down int) {
		for _, step := range c.State.policies().Steps {
			switch {
			case !step.At.Add(period).After(c.Now):
			case step.By > 0:
				up += step.By
			default:
				down -= step.By
			}
		}
		return up, down
	})
	if d := rules.DirectionOf(limit, c.To); d != c.Want.Direction {
		return nil
	}
	r := c.only(limit, Limited, fmt.Sprintf("%d at the most, %s", limit, by), c.nextAllowed(s))
	if r != nil && r.Until.IsZero() { // percent of too little, which somebody else may change
		r.Poll = PollMinute
	}
	return r
}

// only lets the call go no further than to a count, which behavior allows; where that is no way at all it waits.
func (c *Case) only(to int, gate Verdict, text string, until time.Time) *Reason {
	count := c.Observed.Count
	if rules.DirectionOf(count, to) != c.Want.Direction {
		return &Reason{Gate: gate, Text: text, Until: until}
	}
	c.Why = append(c.Why, fmt.Sprintf("%s: %d → %d", text, c.To, to))
	c.To, c.Partly = to, true
	return nil
}

// nextAllowed is when the first of the steps leaves the period of a policy; zero: there is none.
func (c *Case) nextAllowed(s *rules.ScalingRules) (at time.Time) {
	for _, p := range s.Policies {
		for _, step := range c.State.policies().Steps {
			if end := step.At.Add(p.Period); end.After(c.Now) {
				at = soonest(at, end)
			}
		}
	}
	return at
}
