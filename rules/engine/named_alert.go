package engine

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"alertscale/rules"
)

// NamedAlert is an alert that a decision came from, as it is told to people.
type NamedAlert struct {
	Labels      rules.Labels // of many or long ones no more than the beginning
	Fingerprint string
	StartsAt    time.Time
}

const (
	maxNamed       = 5    // alerts that a decision names
	maxNamedLabels = 2048 // bytes of the labels of one of them
	maxNamedValue  = 256  // bytes of a value
)

// NameOf returns an alert as it is told to people. It shares no memory with the alert.
func NameOf(a *rules.Alert) NamedAlert {
	sorted := slices.Clone(a.Labels)
	slices.SortFunc(sorted, func(x, y rules.Label) int { return cmp.Compare(x.Name, y.Name) })
	n, size := NamedAlert{Fingerprint: strings.Clone(a.Fingerprint), StartsAt: writable(a.StartsAt)}, 0
	for _, l := range sorted {
		short := rules.Label{Name: strings.Clone(clipTo(l.Name, maxNamedValue)), Value: strings.Clone(clipTo(l.Value, maxNamedValue))}
		if size += len(short.Name) + len(short.Value); size > maxNamedLabels {
			break
		}
		n.Labels = append(n.Labels, short)
	}
	return n
}

// String returns the alert as it is logged.
func (n NamedAlert) String() string {
	if n.Fingerprint == "" { // of an alert that could not be taken
		return n.Labels.String()
	}
	return fmt.Sprintf("%s fingerprint=%s startsAt=%s", n.Labels, n.Fingerprint, n.StartsAt.UTC().Format(time.RFC3339))
}

// namedAlert is a NamedAlert in JSON, with the names of Alertmanager's API.
type namedAlert struct {
	Labels      map[string]string `json:"labels"`
	Fingerprint string            `json:"fingerprint"`
	StartsAt    time.Time         `json:"startsAt"`
}

// MarshalJSON implements json.Marshaler.
func (n NamedAlert) MarshalJSON() ([]byte, error) {
	all := make(map[string]string, len(n.Labels))
	for _, l := range n.Labels {
		all[l.Name] = l.Value
	}
	return json.Marshal(namedAlert{all, n.Fingerprint, n.StartsAt})
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *NamedAlert) UnmarshalJSON(text []byte) error {
	var o namedAlert
	if err := json.Unmarshal(text, &o); err != nil {
		return err
	}
	*n = NamedAlert{Fingerprint: o.Fingerprint, StartsAt: o.StartsAt}
	for _, name := range slices.Sorted(maps.Keys(o.Labels)) {
		n.Labels = append(n.Labels, rules.Label{Name: name, Value: o.Labels[name]})
	}
	return nil
}

// Cause is what a call or a decision came from.
type Cause struct {
	Alerts   []NamedAlert // some of the alerts; replaced, never written to
	More     int          // how many there were beside these
	Since    time.Time    // when the first of them began; zero: not known
	Receiver string       // of the notification that brought them; empty: not known
	Group    string       // likewise: its groupKey
}

// BroughtBy is what came from an event, whatever its alerts. It shares no memory with it.
func BroughtBy(e *rules.Event) Cause {
	return Cause{Receiver: strings.Clone(clip(e.Receiver)), Group: strings.Clone(clip(e.GroupKey))}
}

// add notes one more alert, which an event brought.
func (c *Cause) add(a *rules.Alert, e *rules.Event) {
	if len(c.Alerts) == 0 {
		from := BroughtBy(e)
		c.Receiver, c.Group = from.Receiver, from.Group
	}
	if c.Since.IsZero() || a.StartsAt.Before(c.Since) {
		c.Since = a.StartsAt
	}
	if len(c.Alerts) == maxNamed {
		c.More++
		return
	}
	c.Alerts = append(slices.Clip(c.Alerts), NameOf(a))
}

// causeOf returns what came from the alerts of a notification that concern it. Since is left zero: nothing waited for them.
func causeOf(e *rules.RefAlerts, concerns func(*rules.MatchedAlert) bool) (c Cause) {
	for i := range e.Alerts {
		if m := &e.Alerts[i]; concerns(m) {
			c.add(m.Alert, e.Event)
		}
	}
	c.Since = time.Time{}
	return c
}

// Texts lists the alerts as they are logged, and how many more there were.
func (c Cause) Texts() []string {
	var texts []string
	for _, n := range c.Alerts {
		texts = append(texts, n.String())
	}
	if c.More > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", c.More))
	}
	return texts
}
