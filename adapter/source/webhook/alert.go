package webhook

import (
	"time"

	"github.com/prometheus/common/model"

	"alertscale/rules"
)

// alerts reads the notification's list.
func (r *reader) alerts() ([]rules.Alert, error) {
	open, err := r.dec.ReadToken()
	if err != nil || open.Kind() == 'n' {
		return nil, err
	}
	if open.Kind() != '[' {
		return nil, r.mismatch("an array", open.Kind())
	}
	list := make([]rules.Alert, 0, len(r.text)/bytesPerAlert+1)
	for r.dec.PeekKind() != ']' {
		list = append(list, rules.Alert{})
		if err := r.alert(&list[len(list)-1]); err != nil {
			return nil, err
		}
	}
	_, err = r.dec.ReadToken()
	return list, err
}

func (r *reader) alert(a *rules.Alert) error {
	var status string
	err := r.object(func(name string) (err error) {
		switch name {
		case "status":
			status, err = r.status()
		case "labels":
			a.Labels, err = r.labels()
		case "annotations":
			a.Annotations, err = r.labels()
		case "startsAt":
			a.StartsAt, err = r.time()
		case "endsAt":
			a.EndsAt, err = r.time()
		case "fingerprint":
			a.Fingerprint, err = r.str()
		default:
			err = r.dec.SkipValue()
		}
		return err
	})
	if err != nil {
		return err
	}
	return r.finish(a, status)
}

// finish looks at an alert as a whole, once its fields are read, in whatever order they came.
func (r *reader) finish(a *rules.Alert, status string) error {
	if status == "" {
		return r.faultf(`status is missing: want "firing" or "resolved"`)
	}
	if len(a.Labels) == 0 {
		return r.faultf("labels are missing: an alert has at least one")
	}
	a.Resolved = status == "resolved"
	if !a.Resolved {
		a.EndsAt = time.Time{} // some senders put the time there after which they call it resolved
	}
	if a.Fingerprint == "" {
		a.Fingerprint = fingerprint(a.Labels)
	}
	return nil
}

func (r *reader) status() (string, error) {
	status, err := r.str()
	if err != nil || status == "" || status == "firing" || status == "resolved" {
		return status, err
	}
	return "", r.faultf(`want "firing" or "resolved", got %.64q`, status)
}

// fingerprint is Alertmanager's own.
func fingerprint(ls rules.Labels) string {
	set := make(model.LabelSet, len(ls))
	for _, l := range ls {
		set[model.LabelName(l.Name)] = model.LabelValue(l.Value)
	}
	return set.Fingerprint().String()
}
