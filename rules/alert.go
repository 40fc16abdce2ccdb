// Package rules decides: which rules a notification touches, for which refs, and what count each
// ref gets. It is arithmetic on its arguments: no I/O, no clock, no logger.
package rules

import (
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/alertmanager/template"
)

// Label is one name and value of an alert.
type Label struct{ Name, Value string }

// Labels are the labels, or the annotations, of an alert. The order has no meaning and no name
// is duplicated.
type Labels []Label

// Clone returns labels that share no memory with these.
func (ls Labels) Clone() Labels {
	d := detacher{}
	return d.labels(ls)
}

// Get returns the value of a name, empty where there is none, as a matcher sees it.
func (ls Labels) Get(name string) string {
	for i := range ls {
		if ls[i].Name == name {
			return ls[i].Value
		}
	}
	return ""
}

// KV returns the labels in the form in which Alertmanager hands them to templates.
func (ls Labels) KV() template.KV {
	kv := make(template.KV, len(ls))
	for _, l := range ls {
		kv[l.Name] = l.Value
	}
	return kv
}

// Alert is one entry of a notification.
type Alert struct {
	Fingerprint string // its identity, never empty
	Resolved    bool   // false: it fires
	Labels      Labels
	Annotations Labels
	StartsAt    time.Time
	EndsAt      time.Time // zero while it fires; of one that fires and IsDirect, when it ends unless it is heard of again
}

// IsDirect reports whether an alert that fires was told of by Prometheus itself, who says until when that holds.
func (a *Alert) IsDirect() bool { return !a.Resolved && !a.EndsAt.IsZero() }

// Event is one notification after decoding. Alerts may share the memory of the body that they
// were decoded from; what is kept of them is copied.
type Event struct {
	Receiver  string
	GroupKey  string
	Hook      string // the hook that it was posted to; empty: none
	Sender    string // whose token was shown; empty: the file asks for none, or it was posted to a hook
	Truncated int    // how many alerts are missing from it: truncatedAlerts, and those that were refused
	Alerts    []Alert

	Refused        []RefusedAlert // those that are not in Alerts, in the order of the notification
	RefusedRest    int            // how many more were refused after those that are listed
	ReservedLabels int            // how many alerts had a label "hook" that no hook gave them, and lost it

	// Of an event of a hook, which has one alert: when that ends by itself, and for how long it is known by its
	// idempotency key; zero: it has none.
	Until      time.Time
	KnownUntil time.Time

	ExternalURL       string
	GroupLabels       Labels
	CommonLabels      Labels
	CommonAnnotations Labels
}

// GroupID stands for the sender, the receiver and the group key of a notification. Zero is a notification
// that names no group: nothing can be concluded from what it leaves out.
type GroupID uint64

// Group returns the event's group.
func (e *Event) Group() GroupID {
	if e.GroupKey == "" {
		return 0
	}
	h := fnv.New64a()
	if e.Sender != "" {
		_, _ = h.Write([]byte(SenderFingerprint(e.Sender, "")))
		_, _ = h.Write([]byte{0})
	}
	_, _ = h.Write([]byte(e.Receiver))
	_, _ = h.Write([]byte{0})
	_, _ = h.Write([]byte(e.GroupKey))
	return GroupID(h.Sum64())
}

// maxText is how much of an alert's labels is shown to people.
const maxText = 256

// String returns the labels as Prometheus writes them, {alertname="WebBusy", pod="web-1"}; of long ones no more than
// the beginning. It shares no memory with them.
func (ls Labels) String() string {
	sorted := slices.SortedFunc(slices.Values(ls), func(a, b Label) int { return strings.Compare(a.Name, b.Name) })
	var b strings.Builder
	b.WriteByte('{')
	for i, l := range sorted {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quoteless(l.Name) + "=" + quoteShort(l.Value))
		if b.Len() > maxText {
			b.WriteString("…")
			break
		}
	}
	b.WriteByte('}')
	return b.String()
}

// quoteless returns a name of a label, cut where it is long.
func quoteless(name string) string {
	if len(name) > maxText {
		return strings.ToValidUTF8(name[:maxText], "") + "…"
	}
	return name
}
