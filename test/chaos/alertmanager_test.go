package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// An alert is one of Alertmanager's webhook payload.
type alert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"`
	Fingerprint string            `json:"fingerprint"`
}

// firing is an alert of a Deployment that begins now.
func (s shop) firing(name, deployment string) alert {
	return alert{
		Status:      "firing",
		Labels:      map[string]string{"alertname": name, "namespace": string(s), "deployment": deployment},
		StartsAt:    time.Now(),
		Fingerprint: strings.Join([]string{name, string(s), deployment}, "/"),
	}
}

// resolved is an alert that ends now.
func (a alert) resolved() alert {
	a.Status, a.EndsAt = "resolved", time.Now()
	return a
}

// notification is the payload that Alertmanager would post of alerts with the same name, which are all that
// there are of their group: one for each Deployment that comes first.
func notification(alerts ...alert) string {
	status := "resolved"
	for _, a := range alerts {
		if a.Status == "firing" {
			status = "firing"
		}
	}
	name := map[string]string{"alertname": alerts[0].Labels["alertname"]}
	body, err := json.Marshal(map[string]any{
		"version": "4", "receiver": "alertscale", "status": status, "truncatedAlerts": 0,
		"groupKey":    "{}:" + alerts[0].Fingerprint,
		"groupLabels": name, "commonLabels": name, "commonAnnotations": map[string]string{},
		"externalURL": "http://alertmanager:9093", "alerts": alerts,
	})
	if err != nil {
		panic(err) // of what stands above it cannot be
	}
	return string(body)
}

// An answer is alertscale's to a notification.
type answer struct {
	Code       int
	RetryAfter string
	Status     string
	ErrorType  string
	Error      string
	Data       struct {
		Decisions []struct {
			Ref, Target, Rule, Verdict string
			From, To                   *int
			Why                        []string
		}
	}
}

// verdicts are those of the decisions, by turns.
func (a answer) verdicts() []string {
	all := []string{}
	for _, d := range a.Data.Decisions {
		all = append(all, d.Verdict)
	}
	return all
}

// send posts a notification once.
func send(ctx context.Context, url, body string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second) // as long as Alertmanager waits
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/webhook", strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{Code: res.StatusCode, RetryAfter: res.Header.Get("Retry-After")}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("%w: %s", err, text)
	}
	return a, nil
}

// deliver posts a notification until it is answered with 2xx, as Alertmanager does while nobody answers,
// or with 5xx.
func deliver(ctx context.Context, url, body string) error {
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		a, err := send(ctx, url, body)
		switch {
		case err == nil && a.Code/100 == 2:
			return nil
		case err == nil && a.Code/100 != 5:
			return fmt.Errorf("%d: %s", a.Code, a.Error)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %d %s: %w", ctx.Err(), a.Code, a.Error, err)
		case <-time.After(pause):
		}
	}
}

// post posts a notification once, and ends the test where it is not answered with a code and verdicts.
func post(t *testing.T, a *stack.Alertscale, code int, verdict string, alerts ...alert) answer {
	t.Helper()
	got, err := send(t.Context(), a.URL, notification(alerts...))
	require.NoError(t, err)
	require.Equal(t, code, got.Code, "%+v", got)
	require.NotEmpty(t, got.verdicts())
	for _, v := range got.verdicts() {
		require.Equal(t, verdict, v, "%+v", got)
	}
	return got
}

// later posts a notification, and returns a channel of the answer.
func later(t *testing.T, a *stack.Alertscale, alerts ...alert) <-chan answer {
	done := make(chan answer, 1)
	go func() {
		got, err := send(t.Context(), a.URL, notification(alerts...))
		if err != nil {
			got.Error = err.Error()
		}
		done <- got
	}()
	return done
}
