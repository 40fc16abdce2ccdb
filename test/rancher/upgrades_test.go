package rancher_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/upgrade"
	"alertscale/test/fakerancher/rancher"
	"alertscale/test/shipped"
	"alertscale/test/stack"
)

func imageOf(name, image string) upgrade.Container {
	return upgrade.Container{Name: name, Image: image}
}

// app makes a service with a sidekick, each of an image.
func (b *bench) app(name string, more map[string]any) rules.Ref {
	fields := map[string]any{"launchConfig": map[string]any{
		"type": "launchConfig", "imageUuid": "docker:acme/web:1", "version": "0", "environment": map[string]any{"A": "b"},
		"labels": map[string]any{"app": "shop", "tier": name},
	}, "secondaryLaunchConfigs": []any{map[string]any{"type": "secondaryLaunchConfig", "name": "side", "imageUuid": "docker:acme/web:1", "version": "0"}}}
	for k, v := range more {
		fields[k] = v
	}
	return b.add(rancher.ServiceSpec{Name: name, Scale: 2, Fields: fields})
}

func (b *bench) workload(ref rules.Ref) upgrade.Workload {
	b.t.Helper()
	w, err := b.driver.ReadWorkload(b.t.Context(), ref)
	require.NoError(b.t, err)
	return w
}

// act has somebody else do an action.
func act(t *testing.T, server *rancher.Server, id, action, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		server.URL()+"/projects/"+server.Project()+"/services/"+id+"/?action="+action, strings.NewReader(body))
	require.NoError(t, err)
	req.SetBasicAuth(server.ProjectKey().Access, server.ProjectKey().Secret)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusAccepted, res.StatusCode)
}

const ofSomebodyElse = `{"inServiceStrategy": {"batchSize": 1, "intervalMillis": 100, "launchConfig": {"imageUuid": "docker:acme/web:hand-made"}}}`

// until waits until a service is in a phase.
func (b *bench) until(ref rules.Ref, p upgrade.Phase) upgrade.Workload {
	b.t.Helper()
	var w upgrade.Workload
	require.Eventually(b.t, func() bool {
		w = b.workload(ref)
		return w.Phase == p
	}, 20*time.Second, 20*time.Millisecond)
	return w
}

func TestUpgradeOfAService(t *testing.T) {
	b := newBench(t, rancher.Options{Speed: 10})
	ref := b.app("web", nil)
	w := b.workload(ref)
	require.Equal(t, []upgrade.Container{imageOf("side", "acme/web:1"), imageOf("web", "acme/web:1")}, w.Containers)
	require.Equal(t, upgrade.Idle, w.Phase)
	require.True(t, w.Finishes)

	interval, first := 300*time.Millisecond, true
	change := upgrade.Change{
		Images: []upgrade.Container{imageOf("web", "acme/web:2")}, Version: w.Version, Pace: upgrade.Pace{Batch: 2, Interval: &interval, StartFirst: &first},
	}
	require.NoError(t, b.driver.Upgrade(t.Context(), ref, change))
	now := b.workload(ref)
	require.Equal(t, upgrade.UnderWay, now.Phase)
	require.Equal(t, []upgrade.Container{imageOf("side", "acme/web:1"), imageOf("web", "acme/web:2")}, now.Containers, "known at once")
	require.NotEqual(t, w.Restarts, now.Restarts)
	sent := b.server.Writes()[0]
	require.JSONEq(t, `{"inServiceStrategy": {"batchSize": 2, "intervalMillis": 300, "startFirst": true, "launchConfig": {"type": "launchConfig",
		"imageUuid": "docker:acme/web:2", "version": "0", "environment": {"A": "b"}, "labels": {"app": "shop", "tier": "web", "io.rancher.container.pull_image": "always"}}}}`,
		sent.Body, "all else as it was")
	require.ErrorIs(t, b.driver.Upgrade(t.Context(), ref, change), controller.ErrConflict)
	require.ErrorIs(t, b.driver.FinishUpgrade(t.Context(), ref), controller.ErrConflict, "not yet")

	b.until(ref, upgrade.Upgraded)
	require.NoError(t, b.driver.FinishUpgrade(t.Context(), ref))
	require.ErrorIs(t, b.driver.FinishUpgrade(t.Context(), ref), controller.ErrConflict)
	w = b.until(ref, upgrade.Idle)

	change = upgrade.Change{Images: []upgrade.Container{imageOf("side", "acme/web:2")}, Version: w.Version}
	require.NoError(t, b.driver.Upgrade(t.Context(), ref, change))
	require.Equal(t, []upgrade.Container{imageOf("side", "acme/web:2"), imageOf("web", "acme/web:2")}, b.workload(ref).Containers)
	sent = b.server.Writes()[len(b.server.Writes())-1]
	require.NotContains(t, sent.Body, `"launchConfig"`, "what stays as it is, is not sent")
	require.Contains(t, sent.Body, `"batchSize":1,"intervalMillis":2000`)
}

func TestUpgradeStates(t *testing.T) {
	b := newBench(t, rancher.Options{})
	for state, want := range map[string]upgrade.Phase{
		"active": upgrade.Idle, "updating-active": upgrade.Idle, "upgrading": upgrade.UnderWay, "finishing-upgrade": upgrade.UnderWay,
		"upgraded": upgrade.Upgraded, "canceled-upgrade": upgrade.Busy, "rolling-back": upgrade.Busy, "inactive": upgrade.Busy, "registering": upgrade.Busy,
		"restarting": upgrade.Busy,
	} {
		ref := b.add(rancher.ServiceSpec{State: state, Hold: true, Scale: 1, Fields: map[string]any{
			"launchConfig": map[string]any{"type": "launchConfig", "imageUuid": "docker:acme/web:1", "version": "0"},
		}})
		w := b.workload(ref)
		require.Equal(t, want, w.Phase, state)
		require.Equal(t, want != upgrade.Idle, strings.Contains(w.Text, "the service is "+state), w.Text)
		if want != upgrade.Idle {
			err := b.driver.Upgrade(t.Context(), ref, upgrade.Change{Images: []upgrade.Container{imageOf(ref.Name, "acme/web:2")}, Version: w.Version})
			require.ErrorIs(t, err, controller.ErrConflict, state)
		}
	}
	require.Empty(t, b.server.Writes())
}

// TestUpgradeRefused: what a server says instead of doing it.
func TestUpgradeRefused(t *testing.T) {
	b := newBench(t, rancher.Options{Speed: 10})
	ref := b.app("web", nil)
	w := b.workload(ref)
	change := upgrade.Change{Images: []upgrade.Container{imageOf("web", "acme/web:2")}, Version: w.Version}
	b.server.ConflictNext(1)
	require.ErrorIs(t, b.driver.Upgrade(t.Context(), ref, change), controller.ErrConflict)
	b.server.Inject(rancher.Fault{Method: "WRITE", Times: 1, Status: http.StatusUnprocessableEntity})
	require.ErrorIs(t, b.driver.Upgrade(t.Context(), ref, change), controller.ErrInvalid)
	b.server.Inject(rancher.Fault{Method: "WRITE", Times: 1, Status: http.StatusServiceUnavailable})
	err := b.driver.Upgrade(t.Context(), ref, change)
	require.Error(t, err)
	for _, outcome := range []error{controller.ErrConflict, controller.ErrInvalid, controller.ErrForbidden, controller.ErrNotFound} {
		require.NotErrorIs(t, err, outcome)
	}
	b.server.LoseNext(1)
	require.Error(t, b.driver.Upgrade(t.Context(), ref, change))
	require.Equal(t, upgrade.UnderWay, b.workload(ref).Phase, "it was carried out")
	_, err = b.driver.ReadWorkload(t.Context(), service("none"))
	require.ErrorIs(t, err, controller.ErrNotFound)
	_, err = b.driver.ReadWorkload(t.Context(), pool)
	require.ErrorIs(t, err, controller.ErrInvalid)
}

func TestFindServices(t *testing.T) {
	b := newBench(t, rancher.Options{})
	b.app("web", nil)
	b.app("cart", nil)
	other := b.server.AddStack(b.server.Project(), "other")
	b.server.AddService(rancher.ServiceSpec{Stack: other, Name: "web", Labels: map[string]string{"app": "shop"}})
	b.server.AddServices(b.stack, "more", 150)
	find := func(namespace string, labels ...rules.Label) (all []string) {
		found, err := b.driver.FindWorkloads(t.Context(), upgrade.Where{Namespace: namespace, Selector: labels})
		require.NoError(t, err)
		for _, ref := range found {
			all = append(all, ref.String())
		}
		return all
	}
	app := rules.Label{Name: "app", Value: "shop"}
	require.ElementsMatch(t, []string{":service/shop/web", ":service/shop/cart", ":service/other/web"}, find("", app))
	require.ElementsMatch(t, []string{":service/shop/web", ":service/shop/cart"}, find("shop", app))
	require.Equal(t, []string{":service/shop/cart"}, find("", app, rules.Label{Name: "tier", Value: "cart"}))
	require.Empty(t, find("none", app))
}

// TestTheUpgradeOfTheReadme runs what examples/rancher/README.md has in the place of a receiver serviceUpgrade.
func TestTheUpgradeOfTheReadme(t *testing.T) {
	_, text, found := strings.Cut(shipped.File(t, "rancher/README.md"), "\n### serviceUpgrade\n")
	require.True(t, found)
	file := regexp.MustCompile("(?ms)^```yaml\\n(.*?)^```").FindStringSubmatch(text)
	require.NotNil(t, file)
	b := newBench(t, rancher.Options{})
	config := func(labels map[string]any) map[string]any {
		return map[string]any{"type": "launchConfig", "imageUuid": "docker:acme/web:stable", "version": "0", "labels": labels}
	}
	other := b.app("other", map[string]any{"launchConfig": config(nil)})
	web := b.app("web", map[string]any{"launchConfig": config(map[string]any{"upgrade": "yes"}), "secondaryLaunchConfigs": []any{}})
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("t0ken\n"), 0o600))
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{
		Config: "drivers: {rancher: {}}\n" + shipped.Replace(t, file[1], "/run/secrets/push", token, "interval: 2s", "interval: 100ms"),
		Env:    inAContainer(b.server),
	})
	code, verdicts := push(t, a, "stable", 1)
	require.Equal(t, "200 [upgraded]", fmt.Sprint(code, verdicts))
	b.waitActive(web, "acme/web:stable")
	upgrades, finishes := upgradesOf(b.server)
	require.Equal(t, []int{1, 1}, []int{upgrades, finishes})
	require.Equal(t, "0 0 ", b.workload(other).Restarts, "it has no such label")
	code, verdicts = push(t, a, "1.2", 2)
	require.Equal(t, "200 []", fmt.Sprint(code, verdicts))
}

// pushing is an alertscale with an upgrade of shop/web.
func pushing(t *testing.T, server *rancher.Server) *stack.Alertscale {
	t.Helper()
	key := server.ProjectKey()
	a := stack.NewAlertscale(t, stack.AlertscaleOptions{Config: fmt.Sprintf(`
hooks: {push: {token_file: token}}
drivers: {rancher: {url: '%s', access_key: '%s', secret_key: '%s'}}
upgrades:
  - {name: web, hook: push, image: docker.io/acme/web, tag: '.*', driver: rancher, kind: service, namespace: shop, batch: 1, interval: 500ms}
`, server.URL(), key.Access, key.Secret)})
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(a.Config), "token"), []byte("t0ken\n"), 0o600))
	a.Start(t)
	return a
}

// push posts Docker Hub's body, and returns the verdicts.
func push(t *testing.T, a *stack.Alertscale, tag string, at int) (code int, verdicts []string) {
	t.Helper()
	code, text := a.Post(t, "/hook/push?key=t0ken", fmt.Sprintf(`{"push_data": {"tag": %q, "pushed_at": %d}, "repository": {"repo_name": "acme/web"}}`, tag, at))
	var answer struct {
		Data struct{ Decisions []struct{ Verdict string } }
	}
	require.NoError(t, json.Unmarshal([]byte(text), &answer), text)
	for _, d := range answer.Data.Decisions {
		verdicts = append(verdicts, d.Verdict)
	}
	return code, verdicts
}

func (b *bench) waitActive(ref rules.Ref, image string) {
	b.t.Helper()
	stack.Eventually(b.t, time.Minute, func() error {
		w, err := b.driver.ReadWorkload(b.t.Context(), ref)
		if err == nil && (w.Phase != upgrade.Idle || w.Containers[len(w.Containers)-1].Image != image) {
			err = fmt.Errorf("%s: %v", w.Phase, w.Containers)
		}
		return err
	})
}

func upgradesOf(server *rancher.Server) (upgrades, finishes int) {
	for _, r := range server.Writes() {
		if strings.Contains(r.Query, "action=upgrade") {
			upgrades++
		}
		if strings.Contains(r.Query, "action=finishupgrade") {
			finishes++
		}
	}
	return upgrades, finishes
}

// TestPushes posts pushes to alertscale: each is one in-service upgrade, finished by itself, also where answers are lost and
// alertscale is killed in the midst of it; a service that somebody else upgrades waits until that is finished.
func TestPushes(t *testing.T) {
	b := newBench(t, rancher.Options{})
	ref := b.app("web", map[string]any{"secondaryLaunchConfigs": []any{}})
	a := pushing(t, b.server)
	code, verdicts := push(t, a, "2", 1)
	require.Equal(t, "200 [upgraded]", fmt.Sprint(code, verdicts))
	_, verdicts = push(t, a, "2", 1)
	require.Equal(t, []string{"duplicate"}, verdicts, "while it is under way")
	a.Kill(t)
	a.Start(t)
	b.waitActive(ref, "acme/web:2")
	upgrades, finishes := upgradesOf(b.server)
	require.Equal(t, []int{1, 1}, []int{upgrades, finishes}, "finished after a kill")

	b.server.LoseNext(1)
	code, verdicts = push(t, a, "3", 2)
	require.Equal(t, "503 [failed]", fmt.Sprint(code, verdicts))
	a.Kill(t)
	a.Start(t)
	b.waitActive(ref, "acme/web:3")
	_, verdicts = push(t, a, "3", 2)
	require.Equal(t, []string{"duplicate"}, verdicts)
	upgrades, finishes = upgradesOf(b.server)
	require.Equal(t, []int{2, 2}, []int{upgrades, finishes})

	act(t, b.server, b.ids[ref], "upgrade", ofSomebodyElse)
	code, verdicts = push(t, a, "4", 3)
	require.Equal(t, "200 [not_ready]", fmt.Sprint(code, verdicts))
	b.until(ref, upgrade.Upgraded)
	time.Sleep(5 * time.Second)
	require.Equal(t, upgrade.Upgraded, b.workload(ref).Phase, "it is not ours to finish")
	act(t, b.server, b.ids[ref], "finishupgrade", "{}")
	b.waitActive(ref, "acme/web:4")

	code, verdicts = push(t, a, "4", 4)
	require.Equal(t, "200 [upgraded]", fmt.Sprint(code, verdicts), "the same tag, pushed again")
	b.waitActive(ref, "acme/web:4")
	upgrades, finishes = upgradesOf(b.server)
	require.Equal(t, []int{5, 5}, []int{upgrades, finishes}, "one of each by somebody else")
}
