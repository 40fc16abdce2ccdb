package explain

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"alertscale/adapter/source/webhook"
	"alertscale/rules"

	"github.com/prometheus/alertmanager/matcher/parse"
	"github.com/prometheus/alertmanager/pkg/labels"
)

// event returns the notification that is explained.
func (o *Options) event(at time.Time) (*rules.Event, error) {
	switch {
	case o.Payload != "" && o.Labels != "":
		return nil, errors.New("give a notification or --labels, not both")
	case o.Payload == "" && o.Labels == "":
		return nil, errors.New(`say which alerts: a file with a notification, - for standard input, or --labels 'alertname=WebBusy,namespace=shop'`)
	case o.Labels != "":
		return o.alert(at)
	case o.Annotations != "" || o.Resolved:
		return nil, errors.New("--annotations and --resolved go with --labels")
	}
	name, body, err := o.payload()
	if err != nil {
		return nil, fmt.Errorf("read the notification: %w", err)
	}
	event, err := o.decode(body, at)
	if err != nil {
		return nil, fmt.Errorf("%s is no notification: %w", name, err)
	}
	return event, nil
}

func (o *Options) decode(body []byte, at time.Time) (*rules.Event, error) {
	if webhook.IsList(body) {
		return webhook.DecodeAlerts(body, o.Sender, at)
	}
	return webhook.DecodeFrom(body, o.Sender)
}

func (o *Options) payload() (name string, body []byte, err error) {
	if o.Payload == "-" {
		body, err = io.ReadAll(o.In)
		return "standard input", body, err
	}
	body, err = os.ReadFile(o.Payload)
	return o.Payload, body, err
}

// alert returns a notification of one alert.
func (o *Options) alert(at time.Time) (*rules.Event, error) {
	ls, err := parsePairs("--labels", o.Labels)
	if err != nil {
		return nil, err
	}
	notes, err := parsePairs("--annotations", o.Annotations)
	if err != nil {
		return nil, err
	}
	if len(ls) == 0 {
		return nil, errors.New("--labels has none: an alert has at least one, such as alertname=WebBusy")
	}
	a := rules.Alert{Fingerprint: rules.SenderFingerprint(o.Sender, webhook.Fingerprint(ls)), Labels: ls, Annotations: notes, StartsAt: at}
	if o.Resolved {
		a.Resolved, a.EndsAt = true, at
	}
	return &rules.Event{Receiver: "alertscale", Sender: o.Sender, Alerts: []rules.Alert{a}, CommonLabels: ls, CommonAnnotations: notes}, nil
}

// parsePairs reads NAME=VALUE,… as amtool does.
func parsePairs(flag, text string) (all rules.Labels, err error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	ms, err := parse.Matchers(text)
	if err != nil {
		return nil, fmt.Errorf("%s %q: want NAME=VALUE,…: %w", flag, text, err)
	}
	for _, m := range ms {
		if m.Type != labels.MatchEqual {
			return nil, fmt.Errorf("%s %q: %s is a matcher; want what an alert has: %s=VALUE", flag, text, m, m.Name)
		}
		if all.Get(m.Name) != "" {
			return nil, fmt.Errorf("%s %q: %s is there twice", flag, text, m.Name)
		}
		all = append(all, rules.Label{Name: m.Name, Value: m.Value})
	}
	return all, nil
}
