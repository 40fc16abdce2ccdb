package rules

import (
	"fmt"
	"strconv"
	"time"

	"alertscale/rules/yamldoc"
)

// Behavior is how fast a target's count may move, in the words of a HorizontalPodAutoscaler's block of that name.
type Behavior struct{ Up, Down ScalingRules }

// For returns the rules of a direction.
func (b *Behavior) For(d Direction) *ScalingRules {
	if d == Up {
		return &b.Up
	}
	return &b.Down
}

// ScalingRules are those of one direction.
type ScalingRules struct {
	Window    time.Duration // for how long the safest of what was recommended holds
	Policies  []Policy
	Select    SelectPolicy
	Tolerance *float64 // within which a proportional value asks for nothing; nil: the rule's own
}

// Policy is how much a count may move within a period.
type Policy struct {
	Percent bool // of the count at the beginning of the period; else replicas
	Value   int
	Period  time.Duration
}

func (p Policy) String() string {
	unit := " replicas"
	if p.Percent {
		unit = "%"
	}
	return strconv.Itoa(p.Value) + unit + " in " + p.Period.String()
}

// SelectPolicy says which of several policies counts.
type SelectPolicy string

// The policy that allows the most, the one that allows the least, or none at all: the direction is switched off.
const (
	SelectMax      SelectPolicy = "Max"
	SelectMin      SelectPolicy = "Min"
	SelectDisabled SelectPolicy = "Disabled"
)

// The bounds and defaults of the HorizontalPodAutoscaler: autoscaling/v2, HPAScalingRules.
const (
	maxWindow         = time.Hour
	maxPolicyPeriod   = 30 * time.Minute
	defaultDownWindow = 5 * time.Minute
	defaultPeriod     = 15 * time.Second
)

func defaultBehavior() *Behavior {
	all := Policy{Percent: true, Value: 100, Period: defaultPeriod}
	return &Behavior{
		Up:   ScalingRules{Policies: []Policy{all, {Value: 4, Period: defaultPeriod}}, Select: SelectMax},
		Down: ScalingRules{Window: defaultDownWindow, Policies: []Policy{all}, Select: SelectMax},
	}
}

func readBehavior(n yamldoc.Node) *Behavior {
	b := defaultBehavior()
	n.Fields([]yamldoc.Field{
		{Key: "scaleUp", Read: b.Up.read},
		{Key: "scaleDown", Read: b.Down.read},
	})
	return b
}

func (s *ScalingRules) read(n yamldoc.Node) {
	n.Fields([]yamldoc.Field{
		{Key: "stabilizationWindowSeconds", Read: func(v yamldoc.Node) { s.Window = seconds(v, 0, maxWindow) }},
		{Key: "selectPolicy", Read: func(v yamldoc.Node) {
			switch p := SelectPolicy(v.Text()); p {
			case SelectMax, SelectMin, SelectDisabled:
				s.Select = p
			case "":
			default:
				v.Faultf("%q is none of Max, Min, Disabled", string(p))
			}
		}},
		{Key: "policies", Read: func(v yamldoc.Node) { s.Policies = readPolicies(v) }},
		{Key: "tolerance", Read: func(v yamldoc.Node) { s.Tolerance = v.Fraction() }},
	})
}

func readPolicies(n yamldoc.Node) (all []Policy) {
	n.Items(func(_ int, item yamldoc.Node) {
		p := Policy{}
		item.Fields([]yamldoc.Field{
			{Key: "type", Read: func(v yamldoc.Node) {
				switch text := v.Text(); text {
				case "Percent":
					p.Percent = true
				case "Pods", "":
				default:
					v.Faultf("%q is neither Pods nor Percent", text)
				}
			}},
			{Key: "value", Read: func(v yamldoc.Node) {
				if p.Value = v.Int(1); p.Value > MaxCount {
					v.Faultf("%d is more than %d", p.Value, MaxCount)
				}
			}},
			{Key: "periodSeconds", Read: func(v yamldoc.Node) { p.Period = seconds(v, 1, maxPolicyPeriod) }},
		})
		for _, key := range []string{"type", "value", "periodSeconds"} {
			if item.IsMap() && !item.Has(key) {
				item.Faultf("%s is missing", key)
			}
		}
		all = append(all, p)
	})
	if n.IsList() && len(all) == 0 {
		n.Faultf("is empty, want at least one policy")
	}
	return all
}

func seconds(n yamldoc.Node, low int, high time.Duration) time.Duration {
	d := time.Duration(n.Int(low)) * time.Second
	if d > high {
		n.Faultf("%d is more than %d, a HorizontalPodAutoscaler's limit", d/time.Second, high/time.Second)
	}
	return d
}

// Limit is the furthest that a count may go in the direction of the rules, given by how much it moved in the period of each
// policy: up is what was added, down what was taken away. As the HorizontalPodAutoscaler computes it: the count at the
// beginning of each period, moved by the policy (kubernetes/kubernetes, pkg/controller/podautoscaler/horizontal.go,
// calculateScaleUpLimitWithScalingRules and calculateScaleDownLimitWithBehaviors).
func (s *ScalingRules) Limit(d Direction, count int, moved func(period time.Duration) (up, down int)) (limit int, by string) {
	if s.Select == SelectDisabled {
		return count, "by selectPolicy: Disabled"
	}
	most := (d == Up) == (s.Select != SelectMin) // the larger count counts
	for i, p := range s.Policies {
		up, down := moved(p.Period)
		if to := p.apply(d, count-up+down); i == 0 || to != limit && to > limit == most {
			limit, by = to, fmt.Sprintf("by the policy %s", p)
		}
	}
	if DirectionOf(count, limit) != d {
		limit = count
	}
	return limit, by
}

// apply moves the count at the beginning of a period as far as the policy allows.
func (p Policy) apply(d Direction, start int) int {
	switch {
	case p.Percent && d == Up:
		return (start*(100+p.Value) + 99) / 100 // rounded up
	case p.Percent:
		return start * (100 - min(p.Value, 100)) / 100 // rounded down
	case d == Up:
		return start + p.Value
	default:
		return start - p.Value
	}
}
