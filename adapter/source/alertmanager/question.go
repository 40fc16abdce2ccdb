package alertmanager

import (
	"cmp"
	"slices"
	"strings"

	"alertscale/rules"
)

// hookLabel is reserved for what is posted to a hook: the webhook takes it off the alerts of Alertmanager.
const hookLabel = "hook"

// question is an alert that is looked up.
type question struct {
	index  int // of the alert among those that were asked about
	labels rules.Labels
	key    string // of the label set
}

// questions lists the alerts that can be looked up. Those of hooks are not at Alertmanager.
func questions(alerts []rules.Labels) []question {
	list := make([]question, 0, len(alerts))
	for i, labels := range alerts {
		if q := (question{i, labels, keyOf(labels)}); q.key != "" && labels.Get(hookLabel) == "" {
			list = append(list, q)
		}
	}
	return list
}

// keyOf returns what two alerts have in common when they have the same labels. A label that is empty is none, and the
// reserved one does not count.
func keyOf(labels rules.Labels) string {
	byName := func(a, b rules.Label) int { return strings.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(labels, byName) {
		labels = slices.Clone(labels)
		slices.SortFunc(labels, byName)
	}
	size := 0
	for _, l := range labels {
		size += len(l.Name) + len(l.Value) + 2
	}
	var b strings.Builder
	b.Grow(size)
	for _, l := range labels {
		if l.Value == "" || l.Name == hookLabel {
			continue
		}
		b.WriteString(l.Name)
		b.WriteByte(0xff) // which is in no UTF-8
		b.WriteString(l.Value)
		b.WriteByte(0xff)
	}
	return b.String()
}

// mostAsked is how many alerts one request asks about.
const mostAsked = 100

// split makes parts of questions, each for one request. Alerts of one name come together, so that what the filter of a
// part lets through is little more than what is asked for.
func split(list []question) [][]question {
	slices.SortFunc(list, func(a, b question) int {
		return cmp.Or(strings.Compare(a.labels.Get("alertname"), b.labels.Get("alertname")), strings.Compare(a.key, b.key))
	})
	list = slices.CompactFunc(list, func(a, b question) bool { return a.key == b.key })
	return slices.Collect(slices.Chunk(list, mostAsked))
}

// keysOf returns what stands for a part.
func keysOf(part []question) string {
	var b strings.Builder
	for _, q := range part {
		b.WriteString(q.key)
		b.WriteByte(0xff)
	}
	return b.String()
}
