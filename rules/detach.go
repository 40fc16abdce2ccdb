package rules

import "strings"

// Detach returns a copy that shares no memory with the notification and has none of its other alerts, and about how
// many bytes that takes.
func (e *RefAlerts) Detach() (*RefAlerts, int) {
	d := detacher{}
	event := *e.Event
	event.Receiver, event.GroupKey = d.text(event.Receiver), d.text(event.GroupKey)
	event.Hook, event.Sender, event.ExternalURL = d.text(event.Hook), d.text(event.Sender), d.text(event.ExternalURL)
	event.GroupLabels, event.CommonLabels = d.labels(event.GroupLabels), d.labels(event.CommonLabels)
	event.CommonAnnotations = d.labels(event.CommonAnnotations)
	event.Refused = nil
	event.Alerts = make([]Alert, 0, len(e.Alerts))
	next := *e
	next.Ref, _ = e.Ref.Clone()
	next.Event, next.Alerts = &event, make([]MatchedAlert, 0, len(e.Alerts))
	for _, m := range e.Alerts {
		a := *m.Alert
		a.Fingerprint = d.text(a.Fingerprint)
		a.Labels, a.Annotations = d.labels(a.Labels), d.labels(a.Annotations)
		event.Alerts = append(event.Alerts, a)
		next.Alerts = append(next.Alerts, MatchedAlert{&event.Alerts[len(event.Alerts)-1], m.Rules})
	}
	return &next, d.bytes
}

// detacher copies texts, and counts their bytes.
type detacher struct{ bytes int }

func (d *detacher) text(s string) string {
	d.bytes += len(s)
	return strings.Clone(s)
}

func (d *detacher) labels(ls Labels) Labels {
	if ls == nil {
		return nil
	}
	next := make(Labels, len(ls))
	for i, l := range ls {
		next[i] = Label{d.text(l.Name), d.text(l.Value)}
	}
	return next
}
