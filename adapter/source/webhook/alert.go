package webhook

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/common/model"

	"alertscale/rules"
)

// maxRefused is how many refused alerts are listed with their reasons; the rest is counted. A body can have
// millions of them, each longer as a reason than as an alert.
const maxRefused = 100

// draft is what is known of an alert before all of it is read: its fields come in any order.
type draft struct {
	index            int
	status           string
	startsAt, endsAt string // as they are written in the JSON; empty where they are absent
	fingerprint      string
	hook             bool   // it had the reserved label
	fault            *fault // the first one
}

// alerts reads the notification's list.
func (r *reader) alerts(e *rules.Event) error {
	e.Alerts, e.Refused, e.RefusedRest, e.ReservedLabels = nil, nil, 0, 0
	open, err := r.dec.ReadToken()
	if err != nil || open.Kind() == 'n' {
		return err
	}
	if open.Kind() != '[' {
		return r.mismatch("an array", open.Kind())
	}
	list := make([]rules.Alert, 0, len(r.text)/bytesPerAlert+1)
	for i := 0; r.dec.PeekKind() != ']'; i++ {
		list = append(list, rules.Alert{})
		a, d := &list[len(list)-1], draft{index: i}
		if err := r.alert(a, &d); err != nil {
			return err
		}
		if d.hook {
			e.ReservedLabels++
		}
		if d.fault != nil {
			r.refuse(e, a, &d)
			list = list[:len(list)-1]
		}
	}
	r.terse = false
	_, err = r.dec.ReadToken()
	e.Alerts = list
	return err
}

// refuse notes an alert that is left out.
func (r *reader) refuse(e *rules.Event, a *rules.Alert, d *draft) {
	if len(e.Refused) == maxRefused {
		e.RefusedRest++
		return
	}
	e.Refused = append(e.Refused, rules.RefusedAlert{Index: d.index, Labels: a.Labels, Why: d.fault.Error()})
	r.terse = len(e.Refused) == maxRefused
}

// alert reads one entry of the list. An error is one of the whole body; what is wrong with the alert alone is
// the draft's fault.
func (r *reader) alert(a *rules.Alert, d *draft) error {
	depth := r.dec.StackDepth()
	err := r.object(func(name string) error {
		return r.hold(r.alertField(name, a, d), d, depth+1)
	})
	if err == nil && d.fault == nil {
		err = r.finish(a, d)
	}
	return r.hold(err, d, depth)
}

// hold keeps an alert's first fault, and goes on behind the value that has it. It returns every other error.
func (r *reader) hold(err error, d *draft, depth int) error {
	if err == nil {
		return nil
	}
	f, ok := errors.AsType[*fault](err)
	if !ok {
		return err
	}
	if d.fault == nil {
		d.fault = f
	}
	return r.skipTo(depth)
}

func (r *reader) alertField(name string, a *rules.Alert, d *draft) (err error) {
	if !r.direct.IsZero() && (name == "status" || name == "fingerprint") {
		return r.dec.SkipValue() // of a list, whoever reads it gives these
	}
	switch name {
	case "status":
		d.status, err = r.status()
	case "labels":
		a.Labels, err = r.labels()
		a.Labels, d.hook = withoutHook(a.Labels)
		if !r.direct.IsZero() {
			a.Labels = slices.DeleteFunc(a.Labels, func(l rules.Label) bool { return l.Value == "" })
		}
	case "annotations":
		a.Annotations, err = r.labels()
	case "startsAt":
		d.startsAt, err = r.raw()
	case "endsAt":
		d.endsAt, err = r.raw()
	case "fingerprint":
		d.fingerprint, err = r.raw()
	default:
		err = r.dec.SkipValue()
	}
	return err
}

// finish looks at an alert as a whole, once its fields are read.
func (r *reader) finish(a *rules.Alert, d *draft) (err error) {
	if d.status == "" && r.direct.IsZero() {
		if d.status, err = r.inheritedStatus(d); err != nil {
			return err
		}
	}
	switch {
	case len(a.Labels) > 0:
	case d.hook:
		return r.alertFaultf(d, "labels", `has none but "hook", which is reserved for what is posted to a hook`)
	default:
		return r.alertFaultf(d, "", "labels are missing: an alert has at least one")
	}
	if !r.direct.IsZero() {
		return r.finishDirect(a, d)
	}
	if a.StartsAt, err = r.time(d, "startsAt", d.startsAt); err != nil {
		return err
	}
	a.Resolved = d.status == "resolved"
	if a.Resolved { // of a firing one it is the time after which some senders call it resolved, or nothing
		if a.EndsAt, err = r.time(d, "endsAt", d.endsAt); err != nil {
			return err
		}
	}
	a.Fingerprint = identity(a, d)
	return nil
}

func (r *reader) status() (string, error) {
	status, err := r.str()
	if err != nil || status == "" || status == "firing" || status == "resolved" {
		return status, err
	}
	return "", r.faultf(`want "firing" or "resolved", got %.64q`, status)
}

// inheritedStatus returns the status of an alert that has none of its own: that of the message.
func (r *reader) inheritedStatus(d *draft) (string, error) {
	switch status, err := r.messageStatus(); {
	case err != nil || status == "firing" || status == "resolved":
		return status, err
	case status == "":
		return "", r.alertFaultf(d, "", `status is missing, and so is the message's: want "firing" or "resolved"`)
	default:
		return "", r.alertFaultf(d, "", `status is missing, and the message's is %.64q: want "firing" or "resolved"`, status)
	}
}

// alertFaultf is a fault of a field of an alert that was read before, or of the alert where there is no field.
func (r *reader) alertFaultf(d *draft, field, format string, args ...any) error {
	if r.terse {
		return new(fault)
	}
	path := fmt.Sprintf("alerts[%d]", d.index)
	if field != "" {
		path += "." + field
	}
	return &fault{path, fmt.Sprintf(format, args...)}
}

// identity returns the fingerprint that the sender gave, where it is one and its labels are still what the
// sender made it of; else it is made of the labels.
func identity(a *rules.Alert, d *draft) string {
	if given := d.fingerprint; !d.hook && kind(given) == '"' {
		if given = unquote(given); isFingerprint(given) {
			return strings.ToLower(given)
		}
	}
	return Fingerprint(a.Labels)
}

// isFingerprint reports whether a text is 64 bits in hexadecimal digits, as Alertmanager writes them.
func isFingerprint(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; !(s[i] >= '0' && s[i] <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return len(s) == 16
}

// Fingerprint is that which Alertmanager gives to an alert.
func Fingerprint(ls rules.Labels) string {
	set := make(model.LabelSet, len(ls))
	for _, l := range ls {
		set[model.LabelName(l.Name)] = model.LabelValue(l.Value)
	}
	return set.Fingerprint().String()
}
