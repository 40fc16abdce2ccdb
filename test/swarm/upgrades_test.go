package swarm

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// serviceImages are those of a service, of its spec and of the tasks that run.
func serviceImages(t *testing.T, d *docker, name string) (spec string, running []string) {
	t.Helper()
	var s struct {
		Spec struct {
			TaskTemplate struct{ ContainerSpec struct{ Image string } }
		}
	}
	require.NoError(t, d.call(t, http.MethodGet, "/services/"+name, nil, &s))
	var tasks []struct {
		Spec   struct{ ContainerSpec struct{ Image string } }
		Status struct{ State string }
	}
	path := fmt.Sprintf(`/tasks?filters={"service":[%q],"desired-state":["running"]}`, name)
	require.NoError(t, d.call(t, http.MethodGet, strings.ReplaceAll(path, `"`, "%22"), nil, &tasks))
	for _, task := range tasks {
		if task.Status.State == "running" {
			running = append(running, task.Spec.ContainerSpec.Image)
		}
	}
	return s.Spec.TaskTemplate.ContainerSpec.Image, running
}

// taskIDs are those of the tasks of a service that are to run.
func taskIDs(t *testing.T, d *docker, name string) map[string]bool {
	t.Helper()
	var tasks []struct{ ID string }
	path := fmt.Sprintf(`/tasks?filters={"service":[%q],"desired-state":["running"]}`, name)
	require.NoError(t, d.call(t, http.MethodGet, strings.ReplaceAll(path, `"`, "%22"), nil, &tasks))
	all := map[string]bool{}
	for _, task := range tasks {
		all[task.ID] = true
	}
	return all
}

// pushed posts a push, and returns the code of the answer and the verdicts by workload.
func pushed(t *testing.T, a *stack.Alertscale, body string) string {
	t.Helper()
	code, text := a.Post(t, "/hook/push?key=t0ken", body)
	var answer struct {
		Data struct {
			Decisions []struct{ Ref, Verdict string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &answer), text)
	got := fmt.Sprint(code)
	for _, d := range answer.Data.Decisions {
		got += " " + strings.TrimPrefix(d.Ref, "swarm:") + " " + d.Verdict
	}
	return got
}

// makeApp makes two images, and a service of the first.
func makeApp(t *testing.T, d *docker) {
	t.Helper()
	for _, tag := range []string{"1", "2"} {
		d.image(t, "alertscale-app:"+tag, []file{{name: "idle", text: built(t, "./idle")}})
	}
	require.NoError(t, d.call(t, http.MethodPost, "/services/create", map[string]any{
		"Name": "shop_app", "Labels": map[string]string{"upgrade": "yes"},
		"TaskTemplate": map[string]any{"ContainerSpec": map[string]any{"Image": "alertscale-app:1", "Command": []string{"/idle"}}},
		"Mode":         map[string]any{"Replicated": map[string]any{"Replicas": 2}},
		"UpdateConfig": map[string]any{"Parallelism": 1, "FailureAction": "continue"},
	}, nil))
	t.Cleanup(func() { require.NoError(t, d.call(t, http.MethodDelete, "/services/shop_app", nil, nil)) })
	waitRunning(t, d, "shop_app", 2)
}

// TestUpgrades has pushes give a service, by its name and by a label, another of two images that were imported: its tasks are made
// again, once for each push, a kill in between notwithstanding.
func TestUpgrades(t *testing.T) {
	d := swarm(t)
	makeApp(t, d)
	a := stack.NewAlertscale(t, stack.AlertscaleOptions{Config: `
hooks: {push: {token_file: token}}
drivers: {swarm: {host: "` + d.host + `"}}
upgrades:
  - {name: app, hook: push, image: docker.io/library/alertscale-app, tag: '[12]', driver: swarm, kind: service, workload: shop_app, batch: 2, interval: 0s, start_first: true}
  - {name: labelled, hook: push, image: docker.io/library/alertscale-app, tag: one|1.0, driver: swarm, selector: {upgrade: 'yes'}, dry_run: true}
`})
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(a.Config), "token"), []byte("t0ken\n"), 0o600))
	a.Start(t)

	before := inspect(t, d, "shop_app").Version.Index
	require.Equal(t, "200 service/shop_app upgraded", pushed(t, a, `{"repository": "alertscale-app", "tag": "2", "pushed_at": 1}`))
	waitImage(t, d, "alertscale-app:2")
	a.Kill(t)
	a.Start(t)
	require.Equal(t, "200 service/shop_app duplicate", pushed(t, a, `{"repository": "alertscale-app", "tag": "2", "pushed_at": 1}`))
	require.Equal(t, "200 service/shop_app dry_run", pushed(t, a, `{"repository": "alertscale-app", "tag": "one"}`))
	require.Greater(t, inspect(t, d, "shop_app").Version.Index, before)
	var config struct {
		Spec struct{ UpdateConfig map[string]any }
	}
	require.NoError(t, d.call(t, http.MethodGet, "/services/shop_app", nil, &config))
	require.InDelta(t, 2, config.Spec.UpdateConfig["Parallelism"], 0)
	require.Equal(t, []any{"continue", "start-first"}, []any{config.Spec.UpdateConfig["FailureAction"], config.Spec.UpdateConfig["Order"]})

	t.Run("same tag", func(t *testing.T) { sameTag(t, d, a) })
	require.Equal(t, "422 service/shop_app rejected", withoutIt(t, a))
}

// sameTag pushes the tag that the service has: its tasks are made again.
func sameTag(t *testing.T, d *docker, a *stack.Alertscale) {
	old := taskIDs(t, d, "shop_app")
	require.Equal(t, "200 service/shop_app upgraded", pushed(t, a, `{"repository": "alertscale-app", "tag": "2", "pushed_at": 2}`))
	stack.Eventually(t, wait, func() error {
		for id := range taskIDs(t, d, "shop_app") {
			if old[id] {
				return fmt.Errorf("task %s is still there", id)
			}
		}
		return nil
	})
	waitImage(t, d, "alertscale-app:2")
}

// withoutIt has a push come for a service that is gone.
func withoutIt(t *testing.T, a *stack.Alertscale) string {
	t.Helper()
	a.WriteConfig(t, strings.ReplaceAll(string(read(t, a.Config)), "shop_app", "shop_none"))
	code, body := a.Post(t, "/-/reload", "")
	require.Equal(t, http.StatusOK, code, body)
	return strings.ReplaceAll(pushed(t, a, `{"repository": "alertscale-app", "tag": "1"}`), "shop_none", "shop_app")
}

func waitImage(t *testing.T, d *docker, want string) {
	t.Helper()
	stack.Eventually(t, 2*time.Minute, func() error {
		spec, running := serviceImages(t, d, "shop_app")
		if spec != want || len(running) != 2 || running[0] != want || running[1] != want {
			return fmt.Errorf("the service has the image %s, its tasks %s", spec, running)
		}
		return nil
	})
}
