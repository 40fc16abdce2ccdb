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

// MaxCount is the largest count that a rule can ask for.
const MaxCount = math.MaxInt32

// SetCount is the action `set` with a number: an absolute count.
type SetCount struct {
	Count int
	text  string
}

// SetTemplate is the action `set` with a template, which renders to a count for the alerts that begin an episode.
type SetTemplate struct {
	SetCount
	template *textTemplate
}

func readSet(n yamldoc.Node) Action {
	text, ok := n.Scalar()
	if !ok {
		return nil
	}
	set := SetCount{text: "set: " + text}
	if !strings.Contains(text, "{{") {
		set.Count = n.Int(0)
		return &set
	}
	tmpl, err := newTemplate(text)
	if err == nil {
		err = onlyFields(tmpl.parsed)
	}
	if err != nil {
		n.Faultf("%v", err)
		return nil
	}
	return &SetTemplate{set, tmpl}
}

// Want implements Action.
func (s *SetCount) Want(in Input) Candidate {
	return Candidate{
		Count: s.Count, Direction: DirectionOf(in.Count, s.Count), Reason: fmt.Sprintf("set: %d → %d", in.Count, s.Count),
	}
}

// Blocks implements Action: it goes up while it asks for at least the present count.
func (s *SetCount) Blocks(d Direction, in Input) bool { return d == Down && s.Count >= in.Count }

// Outstanding implements Action: until the count is at or past what it asks for, seen from the count at its call.
func (s *SetCount) Outstanding(start int, in Input) bool {
	if start <= s.Count {
		return in.Count < s.Count
	}
	return in.Count > s.Count
}

// Direction implements Action.
func (s *SetCount) Direction() Direction { return Stay }

func (s *SetCount) String() string { return s.text }

// at returns the action with the count that its template gave.
func (s *SetTemplate) at(value *int) (*SetCount, bool) {
	if value == nil {
		return nil, false
	}
	return &SetCount{Count: *value, text: s.text}, true
}

// Want implements Action. Without a value it asks for what there is.
func (s *SetTemplate) Want(in Input) Candidate {
	if set, ok := s.at(in.Value); ok {
		return set.Want(in)
	}
	return Candidate{Count: in.Count, Reason: "set: the template gave no count"}
}

// Blocks implements Action.
func (s *SetTemplate) Blocks(d Direction, in Input) bool {
	set, ok := s.at(in.Value)
	return ok && set.Blocks(d, in)
}

// Outstanding implements Action.
func (s *SetTemplate) Outstanding(start int, in Input) bool {
	set, ok := s.at(in.Value)
	return ok && set.Outstanding(start, in)
}

// Value implements Valuer.
func (s *SetTemplate) Value(a *Alert, e *Event, now time.Time) (int, error) {
	text, err := s.template.executeFor(a, e, now)
	if err != nil {
		return 0, fmt.Errorf("set: %w", err)
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, errors.New("set: the template renders empty, want a whole number")
	}
	n, err := parseCount(text)
	if err != nil {
		return 0, fmt.Errorf("set: the template renders %s, want a whole number", quoteShort(text))
	}
	return n, nil
}

// parseCount reads a whole number as people and Prometheus write it: 5, 5.0 and 7e+00 are.
func parseCount(text string) (int, error) {
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return 0, err
	case f != math.Trunc(f) || f < 0 || f > MaxCount || strings.ContainsAny(text, "xXpP_"):
		return 0, strconv.ErrRange
	}
	return int(f), nil
}
