package chain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"alertscale/rules/yamldoc"
)

// Followed is where an alert goes, and how long a step takes.
type Followed struct {
	yamldoc.Place
	Name      string        `json:"alert"`
	Rules     []ReachedRule `json:"rules"`     // of alertscale; none: it reaches none
	Receivers []string      `json:"receivers"` // by which it comes to alertscale
	Elsewhere string        `json:"elsewhere,omitempty"`
	Delays    []Delay       `json:"delays"`
}

// ReachedRule is a rule that an alert reaches.
type ReachedRule struct {
	yamldoc.Place
	Name string `json:"name"`
	Sure bool   `json:"sure"` // all that come of it do; else some, as their labels say
}

// Delay is the time from when an expression becomes true, or false, to when alertscale hears of it.
type Delay struct {
	Resolved bool          // of a rule that calls when: resolved
	Total    time.Duration // all of its parts together
	Parts    []Part
}

// Part is a part of a delay, by its key.
type Part struct {
	Key string
	For time.Duration
}

// followed returns what there is to tell of an alert.
func (f *follower) followed(a *alert) Followed {
	out := Followed{Place: a.Place, Name: a.Name, Elsewhere: a.endsText(), Rules: []ReachedRule{}, Receivers: []string{}, Delays: []Delay{}}
	for _, r := range a.reaches {
		at, _ := f.ruleAt(r.rule)
		rule := ReachedRule{at, r.rule.Name, r.always}
		if i := slices.IndexFunc(out.Rules, func(o ReachedRule) bool { return o.Place == at }); i < 0 {
			out.Rules = append(out.Rules, rule)
		} else {
			out.Rules[i].Sure = out.Rules[i].Sure || r.always
		}
		if !slices.Contains(out.Receivers, r.receiver.Name) {
			out.Receivers = append(out.Receivers, r.receiver.Name)
		}
		out.addDelay(delayOf(a, r))
	}
	return out
}

func delayOf(a *alert, r reach) Delay {
	d := Delay{Resolved: r.rule.Resolved}
	if d.Resolved {
		d.add("keep_firing_for", a.KeepFiring)
		d.add("group_interval", r.route.GroupInterval)
		return d
	}
	d.add("for", a.For)
	d.add("group_wait", r.route.GroupWait)
	return d
}

// add adds a part, unless it is nothing.
func (d *Delay) add(key string, t time.Duration) {
	if d.Total += t; t > 0 {
		d.Parts = append(d.Parts, Part{key, t})
	}
}

// addDelay adds a delay, unless there is one that is as long.
func (f *Followed) addDelay(d Delay) {
	if !slices.ContainsFunc(f.Delays, func(o Delay) bool { return o.Resolved == d.Resolved && o.Total == d.Total }) {
		f.Delays = append(f.Delays, d)
	}
}

// String tells of the alert in one line, without its place.
func (f *Followed) String() string {
	if len(f.Rules) == 0 {
		if f.Elsewhere == "" {
			return fmt.Sprintf("alert %q reaches no rule", f.Name)
		}
		return fmt.Sprintf("alert %q reaches no rule; it goes to %s", f.Name, f.Elsewhere)
	}
	var sure, some []string
	for _, r := range f.Rules {
		if r.Sure {
			sure = append(sure, r.Name)
		} else {
			some = append(some, r.Name)
		}
	}
	text := "alert " + strconv.Quote(f.Name)
	if sure != nil {
		text += " reaches " + quoted(sure)
	}
	if sure != nil && some != nil {
		text += ","
	}
	if some != nil {
		text += " may reach " + quoted(some)
	}
	for _, d := range f.Delays {
		text += "; " + d.String()
	}
	return text
}

func (d *Delay) String() string {
	var parts []string
	for _, p := range d.Parts {
		parts = append(parts, p.Key+" "+text(p.For))
	}
	since := "is true"
	if d.Resolved {
		since = "is no longer true (when: resolved)"
	}
	if len(parts) == 0 {
		return "a step comes as soon as its expression " + since
	}
	return fmt.Sprintf("a step comes %s after its expression %s: %s", text(d.Total), since, strings.Join(parts, " + "))
}
