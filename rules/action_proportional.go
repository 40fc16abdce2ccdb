package rules

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"alertscale/rules/yamldoc"
)

// DefaultTolerance is how far a figure may be from what is desired for nothing to be asked: a HorizontalPodAutoscaler's.
const DefaultTolerance = 0.1

// Proportional is the action `proportional`: a count in proportion to a figure that comes with the alerts.
type Proportional struct {
	// Total says that the figure is shared by the replicas, as the length of a queue is; else each replica has it.
	Total     bool
	Desired   float64 // of each replica
	Tolerance float64

	text     string // of the figure
	template *textTemplate
}

func readProportional(n yamldoc.Node) Action {
	p := &Proportional{Tolerance: DefaultTolerance}
	figure := func(v yamldoc.Node) {
		text, ok := v.Scalar()
		if !ok {
			return
		}
		tmpl, err := newTemplate(text)
		if err == nil {
			err = onlyFields(tmpl.parsed)
		}
		if err != nil {
			v.Faultf("%v", err)
		}
		p.template, p.text = tmpl, text
	}
	n.Fields([]yamldoc.Field{
		{Key: "current", Read: figure},
		{Key: "total", Read: func(v yamldoc.Node) { p.Total = true; figure(v) }},
		{Key: "desired", Read: func(v yamldoc.Node) {
			if f := v.Fraction(); f != nil {
				if p.Desired = *f; *f == 0 {
					v.Faultf("want more than 0")
				}
			}
		}},
		{Key: "tolerance", Read: func(v yamldoc.Node) {
			if f := v.Fraction(); f != nil {
				p.Tolerance = *f
			}
		}},
	})
	if !n.IsMap() {
		return nil
	}
	if n.Has("current") == n.Has("total") {
		n.Faultf("want one of current, a figure of each replica, and total, one that they share")
	}
	if !n.Has("desired") {
		n.Faultf("desired is missing: the figure that each replica is to have")
	}
	return p
}

// Asks returns the count that a figure asks for at a count: the formulas are those of a HorizontalPodAutoscaler ("Algorithm
// details" in the Kubernetes documentation): of a figure of each replica, ceil(count × current / desired); of one that
// they share, ceil(total / desired). Within the tolerance it is the present count.
func (p *Proportional) Asks(figure float64, count int, b *Behavior) int {
	ratio, wanted := figure/p.Desired, float64(count)*figure/p.Desired
	if p.Total {
		wanted = figure / p.Desired
		ratio = math.Inf(1)
		if count > 0 {
			ratio = wanted / float64(count)
		} else if wanted == 0 {
			ratio = 1
		}
	}
	up, down := p.tolerances(b)
	if ratio <= 1+up && ratio >= 1-down {
		return count
	}
	const noise = 1e-9 // so that what is whole is not rounded up
	if wanted >= MaxCount {
		return MaxCount
	}
	return int(math.Ceil(wanted - noise*max(1, wanted)))
}

// tolerances are those of the target's behavior, where it has them.
func (p *Proportional) tolerances(b *Behavior) (up, down float64) {
	up, down = p.Tolerance, p.Tolerance
	if b != nil && b.Up.Tolerance != nil {
		up = *b.Up.Tolerance
	}
	if b != nil && b.Down.Tolerance != nil {
		down = *b.Down.Tolerance
	}
	return up, down
}

// count is what is asked for on an input. A figure of each replica is worth something only with the count at which it was
// taken: what it asked for then. False: there is no figure.
func (p *Proportional) count(in Input) (int, bool) {
	switch {
	case in.Figure == nil:
		return 0, false
	case p.Total:
		return p.Asks(*in.Figure, in.Count, in.Behavior), true
	case in.Value == nil:
		return p.Asks(*in.Figure, in.Count, in.Behavior), true
	}
	return *in.Value, true
}

// Want implements Action.
func (p *Proportional) Want(in Input) Candidate {
	n, ok := p.count(in)
	if !ok {
		return Candidate{Count: in.Count, Reason: "proportional: there is no figure"}
	}
	return Candidate{
		Count: n, Direction: DirectionOf(in.Count, n),
		Reason: fmt.Sprintf("proportional: %s where %s is desired: %d → %d", number(*in.Figure), number(p.Desired), in.Count, n),
	}
}

// Blocks implements Action: it goes up while it asks for at least the present count.
func (p *Proportional) Blocks(d Direction, in Input) bool {
	n, ok := p.count(in)
	return ok && d == Down && n >= in.Count
}

// Outstanding implements Action.
func (p *Proportional) Outstanding(start int, in Input) bool {
	n, ok := p.count(in)
	return ok && (&SetCount{Count: n}).Outstanding(start, in)
}

// Direction implements Action.
func (p *Proportional) Direction() Direction { return Stay }

func (p *Proportional) String() string {
	word := "current"
	if p.Total {
		word = "total"
	}
	return fmt.Sprintf("proportional: {%s: '%s', desired: %s}", word, p.text, number(p.Desired))
}

// Figure renders the figure for one alert of an event.
func (p *Proportional) Figure(a *Alert, e *Event, now time.Time) (float64, error) {
	text, err := p.template.executeFor(a, e, now)
	if err != nil {
		return 0, fmt.Errorf("proportional: %w", err)
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, errors.New("proportional: the template renders empty, want a number")
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f < 0 || math.IsInf(f, 0) || math.IsNaN(f) {
		return 0, fmt.Errorf("proportional: the template renders %s, want a number of at least 0", quoteShort(text))
	}
	return f, nil
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
