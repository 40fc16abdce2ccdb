// Package webhook decodes what is posted to /webhook: Alertmanager's webhook payload, version "4", and that of
// Grafana's own alerting, version "1", which has the same fields and more.
package webhook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"alertscale/rules"
)

// byteOrderMark is what some editors and frameworks put before a text in UTF-8.
const byteOrderMark = "\uFEFF"

// Decode reads one notification. An error says where the body departs from the payload, and is
// meant for whoever configured the sender. What is absent or null is left zero, aside from the
// version and the alerts, without which a notification means nothing. Of a name that is duplicated
// in an object, the last one counts. Fields that the event has no place for are ignored. The body may be
// reused afterwards.
//
// An alert that cannot be read, has no labels, or whose times cannot be stored is left out, with
// the reason in Refused; the others count. One without a status has that of the message. A
// fingerprint that is not of Alertmanager's form is computed from the labels. The label "hook" is
// removed, as it says which hook an alert came from. Times are in UTC.
func Decode(body []byte) (*rules.Event, error) {
	e, _, err := decode(body)
	return e, err
}

// DecodeFrom is Decode for a sender, empty where nobody is asked for a token: its alerts are known by the sender.
func DecodeFrom(body []byte, sender string) (*rules.Event, error) {
	e, _, err := decode(body)
	if err != nil {
		return nil, err
	}
	from(e, sender)
	return e, nil
}

// from makes a sender the one that an event and its alerts are known by.
func from(e *rules.Event, sender string) {
	if sender == "" {
		return
	}
	e.Sender = strings.Clone(sender)
	for i := range e.Alerts {
		e.Alerts[i].Fingerprint = rules.SenderFingerprint(sender, e.Alerts[i].Fingerprint)
	}
}

// decode returns also the text that the event shares memory with.
func decode(body []byte) (e *rules.Event, text string, err error) {
	unmarked, marked := bytes.CutPrefix(body, []byte(byteOrderMark))
	r := newReader(unmarked)
	if e, err = r.notification(); err == nil {
		return e, r.text, nil
	}
	err = explain(unmarked, err)
	if m, ok := errors.AsType[*malformed](err); ok && marked {
		m.offset += int64(len(byteOrderMark))
	}
	return nil, "", err
}

// head is what distinguishes a notification from other JSON.
type head struct {
	version string
	alerts  bool // there is such a field
}

func (h head) check() error {
	switch supported := h.version == "4" || h.version == "1"; {
	case supported && h.alerts:
		return nil
	case supported:
		return fmt.Errorf(`alerts are missing: a notification of version %q has them`, h.version)
	case h.version == "" && h.alerts:
		return errors.New(`version is missing: want "4", as Alertmanager sends it, or "1", as Grafana does`)
	case h.version == "":
		return errors.New("neither version nor alerts: this looks like a custom `payload` of the receiver; " +
			"remove it from its webhook_configs, so that Alertmanager sends its own")
	default:
		return fmt.Errorf(`version %.64q is not supported: want "4", as Alertmanager sends it, or "1", as Grafana does`, h.version)
	}
}

// notification reads all of the body.
func (r *reader) notification() (*rules.Event, error) {
	e := new(rules.Event)
	var h head
	err := r.object(func(name string) error { return r.field(name, e, &h) })
	if err != nil {
		return nil, err
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	// What was refused is not absent: the sender mentioned it.
	e.Truncated += min(len(e.Refused)+e.RefusedRest, math.MaxInt-e.Truncated)
	return e, h.check()
}

func (r *reader) field(name string, e *rules.Event, h *head) (err error) {
	switch name {
	case "version":
		h.version, err = r.str()
	case "receiver":
		e.Receiver, err = r.str()
	case "groupKey":
		e.GroupKey, err = r.str()
	case "externalURL":
		e.ExternalURL, err = r.str()
	case "truncatedAlerts":
		e.Truncated, err = r.count()
	case "alerts":
		h.alerts = true
		err = r.alerts(e)
	case "groupLabels":
		e.GroupLabels, err = r.labels()
		e.GroupLabels, _ = withoutHook(e.GroupLabels)
	case "commonLabels":
		e.CommonLabels, err = r.labels()
		e.CommonLabels, _ = withoutHook(e.CommonLabels)
	case "commonAnnotations":
		e.CommonAnnotations, err = r.labels()
	default:
		err = r.dec.SkipValue()
	}
	return err
}

// count reads a whole number.
func (r *reader) count() (int, error) {
	v, err := r.raw()
	if err != nil || kind(v) == 'n' {
		return 0, err
	}
	if kind(v) != '0' {
		return 0, r.mismatch("a number", kind(v))
	}
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		return 0, r.faultf("want a whole number, 0 or more, got %.64s", v)
	}
	return int(min(n, math.MaxInt)), nil
}

// end wants nothing but white space up to the end of the body.
func (r *reader) end() error {
	end := r.dec.InputOffset()
	if _, err := r.dec.ReadToken(); err != io.EOF {
		return &malformed{end, errors.New("more data after the notification")}
	}
	return nil
}
