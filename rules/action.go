package rules

import (
	"time"

	"alertscale/rules/yamldoc"
)

// Direction is where a call goes from the count that was read.
type Direction int

// A call asks for more, for less, or for what there is.
const (
	Down Direction = -1
	Stay Direction = 0
	Up   Direction = 1
)

func (d Direction) String() string {
	switch d {
	case Up:
		return "up"
	case Down:
		return "down"
	default:
		return "stay"
	}
}

// DirectionOf returns the direction of a change from one count to another.
func DirectionOf(from, to int) Direction {
	switch {
	case to > from:
		return Up
	case to < from:
		return Down
	default:
		return Stay
	}
}

// Input is what an action is asked on.
type Input struct {
	Count int  // as read now
	Value *int // of the call or the episode, of an action that has a template; nil: it gave none so far
	// Figure is that of the call or the episode, of a proportional action; nil: there is none. Behavior is the target's.
	Figure   *float64
	Behavior *Behavior
}

// Candidate is what a call asks for.
type Candidate struct {
	Count     int
	Direction Direction // of a step also where the count cannot go further: a step down from 0 asks for less all the same
	Reason    string    // a line of why
}

// Action is what a rule asks for: up, down, set, or that others wait: hold. One file holds each, and actions leads from its key to it.
type Action interface {
	// Want returns what a call asks for at a count.
	Want(in Input) Candidate
	// Blocks reports whether calls of a direction wait while a rule with this action is active.
	Blocks(d Direction, in Input) bool
	// Outstanding reports whether a call is still to be served after another call, which won over it, moved the count
	// from start to in.Count.
	Outstanding(start int, in Input) bool
	// Direction is the only one in which calls go; Stay: either.
	Direction() Direction
	// String returns the action as it is written: "up: 2".
	String() string
}

// Valuer is an Action whose count comes with the alerts, by a template.
type Valuer interface {
	Action
	// Value renders the template for one alert of an event.
	Value(a *Alert, e *Event, now time.Time) (int, error)
}

// Templated returns the action as a Valuer; false where it has no template.
func Templated(a Action) (Valuer, bool) {
	v, ok := a.(Valuer)
	return v, ok
}

// actions are the keys of which a rule has exactly one, and what reads each.
var actions = []struct {
	key  string
	read func(n yamldoc.Node) Action
}{
	{"up", func(n yamldoc.Node) Action { return readStep(n, Up) }},
	{"down", func(n yamldoc.Node) Action { return readStep(n, Down) }},
	{"set", readSet},
	{"hold", readHold},
	{"proportional", readProportional},
}
