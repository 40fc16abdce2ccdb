package figures

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// client keeps as many connections as there are senders.
var client = &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// A sender posts what an Alertmanager would: alerts that fire, and that they are resolved.
type sender struct {
	url    string
	labels []map[string]string // of each alert
	since  time.Time
}

// newSender returns a sender to the alertscale at a url.
func newSender(url string, labels ...map[string]string) *sender {
	return &sender{url: url, labels: labels}
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

func (s *sender) post(status string, end time.Time) error {
	body, err := s.body(status, end)
	if err != nil {
		return err
	}
	return post(s.url, body)
}

// body returns a notification.
func (s *sender) body(status string, end time.Time) ([]byte, error) {
	alerts := make([]map[string]any, len(s.labels))
	for i, labels := range s.labels {
		alerts[i] = map[string]any{
			"status": status, "labels": labels, "startsAt": s.since, "endsAt": end, "fingerprint": fingerprint(labels),
			"annotations": map[string]string{
				"summary": "CPU above 80 % for five minutes", "value": "93.5", "runbook_url": "https://runbooks.example/Busy",
			},
			"generatorURL": "http://prometheus.example:9090/graph?g0.expr=x",
		}
	}
	return json.Marshal(map[string]any{
		"version": "4", "groupKey": fmt.Sprint(s.labels[0]), "truncatedAlerts": 0, "status": status, "receiver": "alertscale",
		"groupLabels": map[string]string{}, "commonLabels": map[string]string{}, "commonAnnotations": map[string]string{},
		"externalURL": "http://alertmanager.example:9093", "alerts": alerts,
	})
}

func fingerprint(labels map[string]string) string {
	hash := fnv.New64a()
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		fmt.Fprintf(hash, "%s\xff%s\xff", name, labels[name])
	}
	return fmt.Sprintf("%016x", hash.Sum64())
}

// post posts a notification to the alertscale at a url. An answer other than 200 is an error.
func post(url string, body []byte) error { return postTo(url+"/webhook", body) }

func postTo(url string, body []byte) error {
	res, err := client.Post(url, "application/json", bytes.NewReader(body))
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

// get returns what a url is answered with.
func get(t *testing.T, url string) string {
	t.Helper()
	res, err := client.Get(url)
	require.NoError(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode, url)
	return string(text)
}

// answerError is an answer other than 200.
type answerError struct {
	code int
	body string
}

func (e *answerError) Error() string { return fmt.Sprintf("answered %d: %.500s", e.code, e.body) }
