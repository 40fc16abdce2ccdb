package alertmanager

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"alertscale/rules"
)

// mostBytes is how much of an answer is read.
const mostBytes = 16 << 20

var errTooLong = fmt.Errorf("the answer is longer than %d MiB", mostBytes>>20)

// bounded ends a body that is too long with an error.
type bounded struct {
	body io.Reader
	left int
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.body.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// state is what an Alertmanager says of an alert. Of two alerts that are one here, the larger one counts.
type state uint8

const (
	unclear    state = iota // it did not answer
	absent                  // it does not have the alert
	suppressed              // silenced or inhibited
	active
)

// states are those of the API. An alert that is unprocessed has not been through the pipeline yet.
var states = map[string]state{"active": active, "unprocessed": active, "suppressed": suppressed}

// alert is one of the API's answer, as far as it matters.
type alert struct {
	Labels map[string]string `json:"labels"`
	Status struct {
		State string `json:"state"`
	} `json:"status"`
}

// readAlerts reads the list of alerts, one after the other, and notes the state of those that are looked for.
func readAlerts(body io.Reader, found map[string]state) error {
	dec := json.NewDecoder(body)
	if open, err := dec.Token(); err != nil {
		return err
	} else if open != json.Delim('[') {
		return errors.New("the answer is no list of alerts")
	}
	for dec.More() {
		var a alert
		if err := dec.Decode(&a); err != nil {
			return err
		}
		said, known := states[a.Status.State]
		if !known || len(a.Labels) == 0 {
			return fmt.Errorf("the answer has an alert with %d labels in the state %q", len(a.Labels), a.Status.State)
		}
		if key := a.key(); found[key] != unclear {
			found[key] = max(found[key], said)
		}
	}
	_, err := dec.Token()
	return err
}

func (a *alert) key() string {
	labels := make(rules.Labels, 0, len(a.Labels))
	for name, value := range a.Labels {
		labels = append(labels, rules.Label{Name: name, Value: value})
	}
	return keyOf(labels)
}

// readStart reads the time at which an Alertmanager started, which it calls its uptime.
func readStart(body io.Reader) (time.Time, error) {
	var status struct {
		Uptime time.Time `json:"uptime"`
	}
	if err := json.NewDecoder(body).Decode(&status); err != nil {
		return time.Time{}, err
	}
	if status.Uptime.IsZero() {
		return time.Time{}, errors.New("the answer has no uptime")
	}
	return status.Uptime, nil
}
