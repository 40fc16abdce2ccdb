package rules

import "alertscale/rules/yamldoc"

// Hold is the action `hold`: it asks for nothing. While its rule is active, calls of a direction wait.
type Hold struct {
	Way  Direction // Stay: both
	text string
}

func readHold(n yamldoc.Node) Action {
	h := &Hold{text: "hold: " + n.Text()}
	switch h.text {
	case "hold: up":
		h.Way = Up
	case "hold: down":
		h.Way = Down
	case "hold: both", "hold: ":
	default:
		n.Faultf("%q is none of up, down, both", h.text[len("hold: "):])
	}
	return h
}

// Holds reports whether a rule with the action makes no calls, and only keeps those of others waiting.
func Holds(a Action) bool {
	_, ok := a.(*Hold)
	return ok
}

// Want implements Action.
func (h *Hold) Want(in Input) Candidate { return Candidate{Count: in.Count, Reason: h.text} }

// Blocks implements Action.
func (h *Hold) Blocks(d Direction, _ Input) bool { return h.Way == Stay || h.Way == d }

// Outstanding implements Action.
func (h *Hold) Outstanding(int, Input) bool { return false }

// Direction implements Action.
func (h *Hold) Direction() Direction { return Stay }

func (h *Hold) String() string { return h.text }
