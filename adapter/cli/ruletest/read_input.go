package ruletest

import (
	"maps"
	"slices"
	"strings"
	"time"

	"alertscale/adapter/source/hook"
	"alertscale/rules"
	"alertscale/rules/yamldoc"
)

// input is something that happens: a notification, a POST to a hook, or a change of the workloads.
type input struct {
	at   time.Duration
	line int

	// Of a notification: its alerts, and the group of which it tells all; empty: it says nothing of what it leaves out.
	firing, resolved []alert
	group, receiver  string

	// Of a POST to a hook.
	hook   *hook.Config
	labels rules.Labels
	key    string

	counts map[string]int              // that somebody else sets
	ready  map[string]bool             // whether the count of a workload is there
	bounds map[string]rules.BoundsSaid // that workloads say from then on
}

// alert is an alert of a notification.
type alert struct{ labels, annotations rules.Labels }

// kinds are the keys of an input that say what happens. One that stands for another is with it.
var kinds = [][]string{{"firing", "resolved"}, {"hook"}, {"counts"}, {"ready"}, {"bounds"}}

// belongs says to which of these keys another one belongs.
var belongs = map[string]string{"group": "firing", "receiver": "firing", "labels": "hook", "key": "hook"}

func (r *reader) readInput(n yamldoc.Node) *input {
	in := &input{line: n.Line(), receiver: "alertscale", counts: map[string]int{}, ready: map[string]bool{}, bounds: map[string]rules.BoundsSaid{}}
	n.Fields([]yamldoc.Field{
		{Key: "at", Read: func(n yamldoc.Node) { in.at = readAt(n) }},
		{Key: "firing", Read: func(n yamldoc.Node) { in.firing = readAlerts(n) }},
		{Key: "resolved", Read: func(n yamldoc.Node) { in.resolved = readAlerts(n) }},
		{Key: "group", Read: func(n yamldoc.Node) { in.group = n.Text() }},
		{Key: "receiver", Read: func(n yamldoc.Node) { in.receiver = n.Text() }},
		{Key: "hook", Read: func(n yamldoc.Node) { in.hook = r.readHook(n) }},
		{Key: "labels", Read: func(n yamldoc.Node) { in.labels = readLabels(n) }},
		{Key: "key", Read: func(n yamldoc.Node) { in.key = n.Text() }},
		{Key: "counts", Read: func(n yamldoc.Node) { r.eachRef(n, func(ref string, n yamldoc.Node) { in.counts[ref] = n.Int(0) }) }},
		{Key: "ready", Read: func(n yamldoc.Node) { r.eachRef(n, func(ref string, n yamldoc.Node) { in.ready[ref] = n.Bool() }) }},
		{Key: "bounds", Read: func(n yamldoc.Node) { r.readBounds(n, in.bounds) }},
	})
	if !n.IsMap() {
		return in
	}
	if checkInput(n) == "firing" && len(in.firing)+len(in.resolved) == 0 {
		n.Faultf("names no alert; Alertmanager sends nothing then")
	}
	return in
}

// checkInput returns the kind of an input; empty: it has none, or several.
func checkInput(n yamldoc.Node) string {
	if !n.Has("at") {
		n.Faultf("at is missing: when it happens, such as 30s")
	}
	var is []string
	for _, keys := range kinds {
		if slices.ContainsFunc(keys, n.Has) {
			is = append(is, keys[0])
		}
	}
	if len(is) != 1 {
		n.Faultf("has %d of firing or resolved, hook, counts, ready, bounds; want exactly one", len(is))
		return ""
	}
	for _, key := range slices.Sorted(maps.Keys(belongs)) {
		if v := n.Child(key); v != nil && belongs[key] != is[0] {
			v.Faultf("is for an input with %s", belongs[key])
		}
	}
	return is[0]
}

func (r *reader) readHook(n yamldoc.Node) *hook.Config {
	name := n.Text()
	var names []string
	for i := range r.config.Hooks {
		if r.config.Hooks[i].Name == name {
			return &r.config.Hooks[i]
		}
		names = append(names, r.config.Hooks[i].Name)
	}
	switch {
	case name == "":
	case len(names) == 0:
		n.Faultf("%s has no hooks", r.config.Path)
	default:
		n.Faultf("%s has no hook %q; it has %s", r.config.Path, name, strings.Join(names, ", "))
	}
	return nil
}

func readAlerts(n yamldoc.Node) (all []alert) {
	n.Items(func(_ int, n yamldoc.Node) {
		a := alert{}
		if ls := n.Peek("labels"); ls == nil || !ls.IsMap() {
			a.labels = readLabels(n)
		} else {
			n.Fields([]yamldoc.Field{
				{Key: "labels", Read: func(n yamldoc.Node) { a.labels = readLabels(n) }},
				{Key: "annotations", Read: func(n yamldoc.Node) { a.annotations = readLabels(n) }},
			})
		}
		if len(a.labels) == 0 && n.IsMap() {
			n.Faultf("has no labels: an alert has at least one, such as alertname")
		}
		all = append(all, a)
	})
	return all
}

// readLabels reads names and values. What is empty is no label.
func readLabels(n yamldoc.Node) (all rules.Labels) {
	n.Each(func(name string, n yamldoc.Node) {
		if value, _ := n.Scalar(); value != "" {
			all = append(all, rules.Label{Name: name, Value: value})
		}
	})
	slices.SortFunc(all, func(a, b rules.Label) int { return strings.Compare(a.Name, b.Name) })
	return all
}
