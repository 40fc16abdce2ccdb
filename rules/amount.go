package rules

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/template"

	amtemplate "github.com/prometheus/alertmanager/template"
)

// Direction is where a call goes from the count that stands.
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

func direction(from, to int) Direction {
	switch {
	case to > from:
		return Up
	case to < from:
		return Down
	default:
		return Stay
	}
}

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

// step returns the size of a step from count: at least 1, percent rounded away from zero.
func (a Amount) step(count int) int {
	if !a.Percent {
		return a.N
	}
	return max(1, (count*a.N+99)/100)
}

// Action is what a rule asks for: a step up, a step down, or an absolute count.
type Action struct {
	Direction Direction // Up or Down for a step, Stay for a set
	Amount    Amount    // of a step
	Set       int       // of a set without a template
	tmpl      *template.Template
	text      string // as written: "up: 2"
}

// String gives the action as it is written.
func (a *Action) String() string { return a.text }

func (a *Action) isSet() bool     { return a.Direction == Stay }
func (a *Action) templated() bool { return a.tmpl != nil }

// describe gives the action for a line of why.
func (a *Action) describe() string {
	if a.isSet() {
		return "set"
	}
	return fmt.Sprintf("%s %s", a.Direction, a.Amount)
}

// apply returns the count that the action asks for, at the present one. want is a set's number.
func (a *Action) apply(count, want int) int {
	switch a.Direction {
	case Up:
		return count + a.Amount.step(count)
	case Down:
		return max(0, count-a.Amount.step(count))
	default:
		return want
	}
}

// render gives the count that a set's template asks for, for one alert of an event.
func (a *Action) render(al *Alert, e *Event) (int, error) {
	text, err := execute(a.tmpl, struct {
		Labels, Annotations, CommonLabels, CommonAnnotations, GroupLabels amtemplate.KV
		Receiver, ExternalURL                                             string
	}{
		present(al.Labels), al.Annotations.KV(), e.CommonLabels.KV(), e.CommonAnnotations.KV(), e.GroupLabels.KV(),
		e.Receiver, e.ExternalURL,
	})
	if err != nil {
		return 0, fmt.Errorf("set: %w", err)
	}
	text = strings.TrimSpace(text)
	n, err := strconv.Atoi(text)
	switch {
	case text == "":
		return 0, errors.New("set: the template renders empty, want a whole number")
	case err != nil || n < 0 || n > 1<<31-1:
		return 0, fmt.Errorf("set: the template renders %q, want a whole number", text)
	}
	return n, nil
}
