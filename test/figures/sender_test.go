package figures

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"alertscale/test/stack"
)

// client keeps as many connections as there are senders.
var client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// A sender posts what an Alertmanager would: alerts that fire, and that they are resolved.
type sender struct {
	url    string
	labels []map[string]string // of each alert
	since  time.Time
}

func newSender(a *stack.Alertscale, labels ...map[string]string) *sender {
	return &sender{url: a.URL + "/webhook", labels: labels}
}

// fire begins an episode of each alert.
func (s *sender) fire() error {
	s.since = time.Now()
	return s.repeat()
}

// repeat says again that the alerts fire.
func (s *sender) repeat() error { return s.post("firing", time.Time{}) }

// resolve ends the episodes.
func (s *sender) resolve() error { return s.post("resolved", time.Now()) }

// post posts a notification. An answer other than 200 is an error.
func (s *sender) post(status string, end time.Time) error {
	alerts := make([]map[string]any, len(s.labels))
	for i, labels := range s.labels {
		alerts[i] = map[string]any{
			"status": status, "labels": labels, "annotations": map[string]string{"summary": "it is busy"},
			"startsAt": s.since, "endsAt": end, "generatorURL": "http://prometheus.example:9090/graph?g0.expr=x",
		}
	}
	body, err := json.Marshal(map[string]any{
		"version": "4", "groupKey": fmt.Sprint(s.labels[0]), "truncatedAlerts": 0, "status": status, "receiver": "alertscale",
		"groupLabels": map[string]string{}, "commonLabels": map[string]string{}, "commonAnnotations": map[string]string{},
		"externalURL": "http://alertmanager.example:9093", "alerts": alerts,
	})
	if err != nil {
		return err
	}
	res, err := client.Post(s.url, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = &answerError{res.StatusCode, string(text)}
	}
	return err
}

// answerError is an answer other than 200.
type answerError struct {
	code int
	body string
}

func (e *answerError) Error() string { return fmt.Sprintf("answered %d: %.500s", e.code, e.body) }
