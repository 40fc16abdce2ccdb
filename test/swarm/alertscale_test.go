package swarm

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

const (
	wait  = time.Minute     // for what is sure to come
	quiet = 3 * time.Second // for what must not come
)

// service is what matters here of one.
type service struct {
	Version struct{ Index uint64 }
	Spec    struct {
		Mode struct{ Replicated struct{ Replicas int } }
	}
}

// makeService makes a service and waits until its tasks run.
func makeService(t *testing.T, d *docker, name string, replicas int) {
	t.Helper()
	require.NoError(t, d.call(t, http.MethodPost, "/services/create", map[string]any{
		"Name":         name,
		"TaskTemplate": map[string]any{"ContainerSpec": map[string]any{"Image": image, "Command": []string{"/idle"}}},
		"Mode":         map[string]any{"Replicated": map[string]any{"Replicas": replicas}},
	}, nil))
	t.Cleanup(func() { require.NoError(t, d.call(t, http.MethodDelete, "/services/"+name, nil, nil)) })
	waitRunning(t, d, name, replicas)
}

func inspect(t *testing.T, d *docker, name string) (s service) {
	t.Helper()
	require.NoError(t, d.call(t, http.MethodGet, "/services/"+name, nil, &s))
	return s
}

func waitRunning(t *testing.T, d *docker, name string, want int) {
	t.Helper()
	stack.Eventually(t, wait, func() error {
		var tasks []struct{ Status struct{ State string } }
		path := fmt.Sprintf(`/tasks?filters={"service":[%q],"desired-state":["running"]}`, name)
		if err := d.call(t, http.MethodGet, strings.ReplaceAll(path, `"`, "%22"), nil, &tasks); err != nil {
			return err
		}
		running := 0
		for _, task := range tasks {
			if task.Status.State == "running" {
				running++
			}
		}
		if running != want || len(tasks) != want {
			return fmt.Errorf("%s: %d of %d tasks run, want %d", name, running, len(tasks), want)
		}
		return nil
	})
}

// notification is what Alertmanager posts of one alert that fires.
func notification(t *testing.T, since time.Time) string {
	t.Helper()
	labels := map[string]string{"alertname": "WebBusy"}
	text, err := json.Marshal(map[string]any{
		"version": "4", "groupKey": `{}:{alertname="WebBusy"}`, "truncatedAlerts": 0, "status": "firing", "receiver": "alertscale",
		"groupLabels": labels, "commonLabels": labels, "commonAnnotations": map[string]string{}, "externalURL": "http://alertmanager:9093",
		"alerts": []any{map[string]any{
			"status": "firing", "labels": labels, "annotations": map[string]string{}, "startsAt": since, "endsAt": "0001-01-01T00:00:00Z",
			"generatorURL": "http://prometheus:9090/graph", "fingerprint": "b0a2a5b4b1b7d0c1",
		}},
	})
	require.NoError(t, err)
	return string(text)
}

// verdicts returns what became of the refs of an answer, as verdict from→to ref.
func verdicts(t *testing.T, body string) (found []string) {
	t.Helper()
	var answer struct {
		Data struct {
			Decisions []struct {
				Ref, Verdict string
				From, To     *int
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &answer), "%s", body)
	for _, d := range answer.Data.Decisions {
		require.NotNil(t, d.From, "%s", body)
		require.NotNil(t, d.To, "%s", body)
		found = append(found, fmt.Sprintf("%s %d→%d %s", d.Verdict, *d.From, *d.To, d.Ref))
	}
	return found
}

// TestOneStep has an alert take one step, however often it is told.
func TestOneStep(t *testing.T) {
	d := swarm(t)
	makeService(t, d, "shop_web", 2)
	before := inspect(t, d, "shop_web").Version.Index
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: `
drivers: {swarm: {host: "` + d.host + `"}}
targets:
  web: {driver: swarm, kind: service, name: shop_web, min: 2, max: 10, cooldown: 0s}
rules:
  - {name: web is busy, matchers: ['alertname="WebBusy"'], target: web, up: 2}
`})
	since := time.Now().UTC()
	code, body := a.Post(t, "/webhook", notification(t, since))
	require.Equal(t, http.StatusOK, code, body)
	require.Equal(t, []string{"scaled 2→4 swarm:service/shop_web"}, verdicts(t, body))
	waitRunning(t, d, "shop_web", 4)
	after := inspect(t, d, "shop_web")
	require.Equal(t, 4, after.Spec.Mode.Replicated.Replicas)
	require.Greater(t, after.Version.Index, before)

	code, body = a.Post(t, "/webhook", notification(t, since))
	require.Equal(t, http.StatusOK, code, body)
	require.Equal(t, []string{"duplicate 4→4 swarm:service/shop_web"}, verdicts(t, body))
	time.Sleep(quiet)
	require.Equal(t, after, inspect(t, d, "shop_web"), "it changed again")
}
