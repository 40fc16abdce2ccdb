package controller_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/upgrade"
)

// upgradingDriver is a driver of workloads with one container each, whose upgrades are to be finished.
type upgradingDriver struct {
	controller.Driver
	mu     sync.Mutex
	images map[string]string
	phase  map[string]upgrade.Phase
	begun  []string
	err    error         // of the next Upgrade
	after  func()        // the next Upgrade was carried out
	slow   time.Duration // each call
}

func (d *upgradingDriver) FindWorkloads(context.Context, upgrade.Where) ([]rules.Ref, error) {
	return []rules.Ref{{Kind: "service", Namespace: "shop", Name: "web"}, {Kind: "service", Namespace: "shop", Name: "cart"}}, nil
}

func (d *upgradingDriver) ReadWorkload(_ context.Context, ref rules.Ref) (upgrade.Workload, error) {
	time.Sleep(d.slow)
	d.mu.Lock()
	defer d.mu.Unlock()
	image, ok := d.images[ref.Name]
	if !ok {
		return upgrade.Workload{}, fmt.Errorf("%w: %s", controller.ErrNotFound, ref.Name)
	}
	return upgrade.Workload{
		Containers: []upgrade.Container{{Name: "app", Image: image}}, Version: "1", Restarts: image, Phase: d.phaseOf(ref.Name), Text: "it is busy", Finishes: true,
	}, nil
}

func (d *upgradingDriver) phaseOf(name string) upgrade.Phase {
	if p := d.phase[name]; p != "" {
		return p
	}
	return upgrade.Idle
}

func (d *upgradingDriver) Upgrade(_ context.Context, ref rules.Ref, c upgrade.Change) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.images[ref.Name], d.phase[ref.Name] = c.Images[0].Image, upgrade.UnderWay
	d.begun = append(d.begun, ref.Name+" "+c.Images[0].Image)
	err, after := d.err, d.after
	d.err, d.after = nil, nil
	if after != nil {
		after()
	}
	return err
}

func (d *upgradingDriver) FinishUpgrade(_ context.Context, ref rules.Ref) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phaseOf(ref.Name) != upgrade.Upgraded {
		return controller.ErrConflict
	}
	d.phase[ref.Name] = upgrade.Idle
	return nil
}

func (d *upgradingDriver) set(name string, p upgrade.Phase) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.phase[name] = p
}

func (d *upgradingDriver) get(name string) upgrade.Phase {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.phaseOf(name)
}

const noRules = "targets: {web: {driver: fake, name: web, max: 9}}\nrules: [{name: r, matchers: [a=b], target: web, up: 1}]"

// inUpgrades runs a test with an upgrade of shop/web, and one of all that a selector finds.
func inUpgrades(t *testing.T, test func(w *world, d *upgradingDriver)) {
	inWorld(t, noRules, map[string]int{"web": 1}, func(w *world) {
		d := &upgradingDriver{
			Driver: w.driver, images: map[string]string{"web": "acme/web:1", "cart": "acme/cart:1"}, phase: map[string]upgrade.Phase{},
		}
		w.file.Drivers = map[string]controller.Backend{"fake": {Driver: d, Timeout: 30 * time.Second}}
		any := regexp.MustCompile("^(?:.*)$")
		w.file.Upgrades = []*upgrade.Upgrade{
			{
				Name: "web", Hook: "push", Image: "docker.io/acme/web", Tag: any, Driver: "fake",
				Where: upgrade.Where{Kind: "service", Namespace: "shop", Name: "web"},
			},
			{
				Name: "all", Hook: "push", Image: "docker.io/acme/c*", Tag: any, Driver: "fake",
				Where: upgrade.Where{Selector: rules.Labels{{Name: "a", Value: "b"}}},
			},
		}
		w.a.Use(w.file)
		synctest.Wait()
		test(w, d)
	})
}

func pushed(repository, tag string) []upgrade.Push {
	return []upgrade.Push{{Repository: "docker.io/acme/" + repository, Tag: tag, Mark: tag}}
}

func (w *world) push(pushes []upgrade.Push) []engine.Decision {
	ctx, cancel := context.WithTimeout(w.t.Context(), 8*time.Second)
	defer cancel()
	return w.a.Push(ctx, "push", pushes)
}

func TestPush(t *testing.T) {
	inUpgrades(t, func(w *world, d *upgradingDriver) {
		require.True(t, w.a.TakesPushes("push") && !w.a.TakesPushes("other"))
		got := w.one(w.push(pushed("web", "2")))
		require.Equal(t, engine.Upgraded, got.Verdict)
		require.Equal(t, []string{"fake:service/shop/web", "web", "hook/push"}, []string{got.Ref, got.Rule, got.Receiver})
		require.Len(t, w.sink.of(engine.Upgraded), 1)
		require.Equal(t, engine.Duplicate, w.one(w.push(pushed("web", "2"))).Verdict)
		require.Equal(t, "fake:service/shop/cart", w.one(w.push(pushed("cart", "2"))).Ref, "of the selector's workloads, that of the repository")
		require.Empty(t, w.push(pushed("other", "2")))
		require.Equal(t, []string{"web acme/web:2", "cart acme/cart:2"}, d.begun)

		require.Equal(t, []controller.UpgradeStatus{
			{Name: "web", Hook: "push", Image: "docker.io/acme/web", Workloads: []upgrade.WorkloadStatus{
				{Ref: "fake:service/shop/web", Applied: "docker.io/acme/web:2", UnderWay: true},
			}},
			{Name: "all", Hook: "push", Image: "docker.io/acme/c*", Workloads: []upgrade.WorkloadStatus{
				{Ref: "fake:service/shop/cart", Applied: "docker.io/acme/cart:2", UnderWay: true}, {Ref: "fake:service/shop/web"},
			}},
		}, w.a.Upgrades())
		d.set("web", upgrade.Upgraded)
		after(time.Minute)
		require.Equal(t, upgrade.Idle, d.get("web"), "it is finished by itself")
		require.NoError(t, testutil.GatherAndCompare(w.reg, strings.NewReader(`
# HELP alertscale_pushes_total Pushes of images received for upgrades.
# TYPE alertscale_pushes_total counter
alertscale_pushes_total 4
# HELP alertscale_pushes_unmatched_total Pushes of images received that no upgrade is for.
# TYPE alertscale_pushes_unmatched_total counter
alertscale_pushes_unmatched_total 1
`), "alertscale_pushes_total", "alertscale_pushes_unmatched_total"))
	})
}

// TestPushSurvivesAKill: killed right after the change, it is known by a read that it was made, and it is finished.
func TestPushSurvivesAKill(t *testing.T) {
	inUpgrades(t, func(w *world, d *upgradingDriver) {
		killed := make(chan struct{})
		d.after = func() {
			dead := w.store
			w.store = dead.copy()
			dead.fail(errors.New("killed"))
			close(killed)
		}
		go w.push(pushed("web", "2"))
		<-killed
		w.cancel()
		<-w.stopped
		w.start()
		synctest.Wait()
		require.Contains(t, w.sink.of(engine.Upgraded)[0].Why, "it is there: the change was made, though its answer was lost")
		require.Equal(t, engine.Duplicate, w.one(w.push(pushed("web", "2"))).Verdict)
		d.set("web", upgrade.Upgraded)
		after(time.Minute)
		require.Equal(t, upgrade.Idle, d.get("web"))
		require.Equal(t, []string{"web acme/web:2"}, d.begun)
	})
}

func TestPushFails(t *testing.T) {
	inUpgrades(t, func(w *world, d *upgradingDriver) {
		w.store.fail(errors.New("the disk is full"))
		require.Equal(t, []string{"it cannot be stored: the disk is full"}, w.one(w.push(pushed("web", "2"))).Why)
		w.store.fail(nil)
		after(time.Minute)
		require.Equal(t, []string{"web acme/web:2"}, d.begun, "it goes on by itself")

		d.set("web", upgrade.Busy)
		require.Equal(t, engine.NotReady, w.one(w.push(pushed("web", "3"))).Verdict)
		delete(d.images, "web")
		got := w.one(w.push(pushed("web", "4")))
		require.Equal(t, engine.Rejected, got.Verdict)
		require.True(t, got.Refused)

		d.slow = 10 * time.Second
		got = w.one(w.push(pushed("cart", "5")))
		require.Equal(t, []string{"not done in the time of this request; it goes on by itself"}, got.Why)
		after(time.Minute)
		require.Equal(t, []string{"web acme/web:2", "cart acme/cart:5"}, d.begun)
	})
}

// TestUpgradesOfAnotherFile: what a reload takes out is remembered, what a restart does not find is forgotten.
func TestUpgradesOfAnotherFile(t *testing.T) {
	inUpgrades(t, func(w *world, d *upgradingDriver) {
		w.push(pushed("web", "2"))
		d.set("web", upgrade.Upgraded)
		without := *w.file
		without.Upgrades = nil
		w.a.Use(&without)
		after(time.Minute)
		require.Equal(t, upgrade.Idle, d.get("web"), "what was begun is finished")
		require.Empty(t, w.push(pushed("web", "3")))
		w.a.Use(w.file)
		synctest.Wait()
		require.Equal(t, engine.Duplicate, w.one(w.push(pushed("web", "2"))).Verdict)
		before := w.store.size()
		w.stop()
		w.file = &without
		w.start()
		require.Equal(t, before-1, w.store.size())
	})
}
