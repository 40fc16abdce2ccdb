package stack

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// An Alert is one that a test posts to an Alertmanager itself.
type Alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations,omitempty"`
	StartsAt    time.Time         `json:"startsAt,omitzero"`
	EndsAt      time.Time         `json:"endsAt,omitzero"`
}

// A Matcher is one of a silence's.
type Matcher struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	IsRegex bool   `json:"isRegex"`
	IsEqual bool   `json:"isEqual"`
}

// Equal returns the matcher name="value".
func Equal(name, value string) Matcher { return Matcher{Name: name, Value: value, IsEqual: true} }

// Post posts alerts.
func (am *AlertmanagerServer) Post(t T, alerts ...Alert) {
	t.Helper()
	am.call(t, http.MethodPost, "/api/v2/alerts", alerts, nil)
}

// Silence makes a silence that lasts from now, and returns its ID.
func (am *AlertmanagerServer) Silence(t T, length time.Duration, matchers ...Matcher) string {
	t.Helper()
	now := time.Now()
	var answer struct{ SilenceID string }
	am.call(t, http.MethodPost, "/api/v2/silences", map[string]any{
		"matchers": matchers, "startsAt": now, "endsAt": now.Add(length),
		"createdBy": "test", "comment": "test",
	}, &answer)
	return answer.SilenceID
}

// Expire ends a silence.
func (am *AlertmanagerServer) Expire(t T, silence string) {
	t.Helper()
	am.call(t, http.MethodDelete, "/api/v2/silence/"+silence, nil, nil)
}

// Peers returns how many members the cluster has that it is of.
func (am *AlertmanagerServer) Peers(t T) int {
	t.Helper()
	var answer struct{ Cluster struct{ Peers []any } }
	am.call(t, http.MethodGet, "/api/v2/status", nil, &answer)
	return len(answer.Cluster.Peers)
}

// call calls the API. Body and answer may be nil.
func (am *AlertmanagerServer) call(t T, method, path string, body, answer any) {
	t.Helper()
	var sent bytes.Buffer
	if body != nil {
		must(t, json.NewEncoder(&sent).Encode(body))
	}
	req, err := http.NewRequestWithContext(t.Context(), method, am.URL+path, &sent)
	must(t, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(t, err)
	if res.StatusCode != http.StatusOK {
		fatalf(t, "%s %s: %s: %s", method, path, res.Status, text)
	}
	if answer != nil {
		must(t, json.Unmarshal(text, answer))
	}
}
