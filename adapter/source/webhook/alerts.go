package webhook

import (
	"bytes"
	"errors"
	"time"

	"alertscale/rules"
)

// alertsReceiver is the receiver of what is posted as to an Alertmanager.
const alertsReceiver = "api/v2/alerts"

// resolveAfter is for how long an alert without an end fires, as by Alertmanager's resolve_timeout.
const resolveAfter = 5 * time.Minute

// DecodeAlerts reads what Prometheus, and whoever speaks as it does, posts to an Alertmanager's /api/v2/alerts: a list of
// alerts with labels, annotations, startsAt and endsAt. The event is of no group, as nothing is to be concluded from
// what such a list leaves out. One of its alerts fires until its end, unless it is heard of again; one whose end is past is
// resolved. What has no start starts now, and what has no end ends in five minutes. As in Decode, an alert that cannot be
// read is left out, and the label "hook" is removed; labels without a value are, too. The body may be reused afterwards.
func DecodeAlerts(body []byte, sender string, now time.Time) (*rules.Event, error) {
	body = bytes.TrimPrefix(body, []byte(byteOrderMark))
	r := newReader(body)
	r.direct = now.UTC().Round(0)
	e := &rules.Event{Receiver: alertsReceiver}
	if err := r.list(e); err != nil {
		return nil, explainAlerts(body, err)
	}
	e.Truncated = len(e.Refused) + e.RefusedRest
	from(e, sender)
	return e, nil
}

// IsList reports whether a body is for DecodeAlerts, not for Decode.
func IsList(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(body, []byte(byteOrderMark))), []byte("["))
}

// list reads a body that is a list of alerts and nothing else.
func (r *reader) list(e *rules.Event) error {
	if k := r.dec.PeekKind(); k != 0 && k != '[' {
		return errors.New("want a list of alerts, as Prometheus posts it to an Alertmanager, got " + kindName(k))
	}
	if err := r.alerts(e); err != nil {
		return err
	}
	return r.end()
}

// explainAlerts turns what stopped the reading of a list into what the sender should know.
func explainAlerts(body []byte, err error) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return errors.New("empty body: want a list of alerts, as Prometheus posts it to an Alertmanager")
	}
	if syntax := syntactic(err); syntax != nil {
		return syntax
	}
	if h, skimErr := skim(body); skimErr == nil && h.alerts {
		return errors.New("this is a notification, as Alertmanager posts it to a webhook: have it posted to /webhook")
	}
	return err
}

// finishDirect looks at an alert of a list as a whole, once its fields are read.
func (r *reader) finishDirect(a *rules.Alert, d *draft) (err error) {
	if a.StartsAt, err = r.time(d, "startsAt", d.startsAt); err != nil {
		return err
	}
	if a.EndsAt, err = r.time(d, "endsAt", d.endsAt); err != nil {
		return err
	}
	if a.EndsAt.IsZero() {
		a.EndsAt = r.direct.Add(resolveAfter)
	}
	a.Resolved = !a.EndsAt.After(r.direct)
	switch {
	case !a.StartsAt.IsZero():
	case a.Resolved:
		a.StartsAt = a.EndsAt
	default:
		a.StartsAt = r.direct
	}
	a.Fingerprint = Fingerprint(a.Labels)
	return nil
}
