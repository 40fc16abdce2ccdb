package explain

import (
	"fmt"
	"time"

	"alertscale/adapter/config"
	"alertscale/rules"
)

// explained is what comes out.
type explained struct {
	file  *config.File
	set   *rules.Set
	event *rules.Event
	at    time.Time
	known known

	alerts    []alert
	touched   []ref
	broken    []record // of what comes to no ref
	unhandled []string // refs of which no count is known
	assumed   bool     // that what is resolved fired before
}

// alert is one alert with all rules of the file.
type alert struct {
	Labels map[string]string `json:"labels"`
	Status string            `json:"status"`
	Rules  []match           `json:"rules"`

	labels rules.Labels
}

// match is whether a rule matches an alert.
type match struct {
	Rule    string `json:"rule"`
	Matches bool   `json:"matches"`
	Target  string `json:"target"`
	Ref     string `json:"ref,omitempty"`     // that the alert names
	Matcher string `json:"matcher,omitempty"` // the first that does not match
	Why     string `json:"why,omitempty"`     // why it does not match, or why no ref is named
}

// match tries every rule on every alert.
func (e *explained) match() {
	for i := range e.event.Alerts {
		a := &e.event.Alerts[i]
		one := alert{Labels: a.Labels.KV(), Status: "firing", labels: a.Labels}
		if a.Resolved {
			one.Status = "resolved"
		}
		named := e.set.Match(&rules.Event{Sender: e.event.Sender, Alerts: []rules.Alert{*a}})
		for _, r := range e.set.Rules {
			m := match{Rule: r.Name, Target: r.Target.Name}
			if m.Matcher, m.Why = r.Missed(a.Labels); m.Matcher == "" {
				m.Matches = true
				if m.Ref, m.Why = names(&named, r); !e.set.MayTouch(e.event, r.Name) {
					m.Why = fmt.Sprintf("sender %q may not touch it", e.event.Sender)
				}
			}
			one.Rules = append(one.Rules, m)
		}
		e.alerts = append(e.alerts, one)
	}
}

// names returns the ref that an alert names for a rule that matches it, or why it names none.
func names(m *rules.Match, r *rules.Rule) (ref, why string) {
	for _, to := range m.Refs {
		for _, matched := range to.Alerts {
			for _, rule := range matched.Rules {
				if rule == r {
					return to.Ref.String(), ""
				}
			}
		}
	}
	for _, b := range m.Broken {
		if b.Rule == r {
			return b.Ref, b.Text
		}
	}
	return "", ""
}

// refs are those that the alerts name, in their order.
func (e *explained) refs() (all []string) {
	for _, r := range e.set.Match(e.event).Refs {
		all = append(all, r.Ref.String())
	}
	return all
}
