// Package webhook decodes what Alertmanager posts: its webhook payload, version "4".
package webhook

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"alertscale/rules"
)

// Decode reads one notification. An error says where the body departs from Alertmanager's payload,
// and is meant for whoever configured the sender. What is absent or null is left zero, aside from
// the version, the alerts, and the status and labels of an alert, without which a notification
// means nothing; a fingerprint that is absent is computed from the labels. Of a name that stands
// twice in an object, the last one counts. Fields that the event has no place for are not looked
// at. The body may be reused afterwards.
func Decode(body []byte) (*rules.Event, error) {
	r := newReader(body)
	e, err := r.notification()
	if err != nil {
		return nil, explain(body, err)
	}
	return e, nil
}

// head is what tells a notification from other JSON.
type head struct {
	version string
	alerts  bool // there is such a field
}

func (h head) check() error {
	switch {
	case h.version == "4" && h.alerts:
		return nil
	case h.version == "4":
		return errors.New(`alerts are missing: a notification of version "4" has them`)
	case h.version == "" && h.alerts:
		return errors.New(`version is missing: want "4"`)
	case h.version == "":
		return errors.New("neither version nor alerts: this looks like a custom `payload` of the receiver; " +
			"remove it from its webhook_configs, so that Alertmanager sends its own")
	default:
		return fmt.Errorf(`version %.64q is not supported: want "4"`, h.version)
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
		e.Alerts, err = r.alerts()
	case "groupLabels":
		e.GroupLabels, err = r.labels()
	case "commonLabels":
		e.CommonLabels, err = r.labels()
	case "commonAnnotations":
		e.CommonAnnotations, err = r.labels()
	default:
		err = r.dec.SkipValue()
	}
	return err
}

// count reads a whole number.
func (r *reader) count() (int, error) {
	v, err := r.dec.ReadValue()
	if err != nil || v.Kind() == 'n' {
		return 0, err
	}
	if v.Kind() != '0' {
		return 0, r.mismatch("a number", v.Kind())
	}
	n, err := strconv.ParseUint(string(v), 10, 64)
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
