package rules

import (
	"fmt"
	"strconv"
	"strings"

	"alertscale/rules/yamldoc"
)

// Step is the action `up` or `down`: relative to the count that is read.
type Step struct {
	Way    Direction
	Amount Amount
	text   string
}

func readStep(n yamldoc.Node, way Direction) Action {
	text, ok := n.Scalar()
	if !ok {
		return nil
	}
	amount, err := parseAmount(text)
	if err != nil {
		n.Faultf("%v", err)
	}
	return &Step{Way: way, Amount: amount, text: way.String() + ": " + text}
}

// Want implements Action.
func (s *Step) Want(in Input) Candidate {
	to := in.Count + s.Amount.of(in.Count)
	if s.Way == Down {
		to = max(0, in.Count-s.Amount.of(in.Count))
	}
	return Candidate{Count: to, Direction: s.Way, Reason: fmt.Sprintf("%s %s: %d → %d", s.Way, s.Amount, in.Count, to)}
}

// Blocks implements Action: while it burns, nothing goes down.
func (s *Step) Blocks(d Direction, _ Input) bool { return s.Way == Up && d == Down }

// Outstanding implements Action: a step is served by another one of its direction.
func (s *Step) Outstanding(int, Input) bool { return false }

// Direction implements Action.
func (s *Step) Direction() Direction { return s.Way }

func (s *Step) String() string { return s.text }

// Amount is by how much a rule goes up or down: so many replicas, or so many percent.
type Amount struct {
	N       int
	Percent bool
}

func parseAmount(s string) (Amount, error) {
	digits, percent := strings.CutSuffix(s, "%")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > 1_000_000 {
		return Amount{}, fmt.Errorf("%q is neither a whole number of at least 1 nor a percentage such as 50%%", s)
	}
	return Amount{n, percent}, nil
}

func (a Amount) String() string {
	if a.Percent {
		return strconv.Itoa(a.N) + "%"
	}
	return strconv.Itoa(a.N)
}

// of returns the size of a step from count: at least 1, percent rounded away from zero.
func (a Amount) of(count int) int {
	if !a.Percent {
		return a.N
	}
	return max(1, (count*a.N+99)/100)
}
