package controller

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"alertscale/rules/engine"
	"alertscale/rules/upgrade"

	"github.com/go-kit/log/level"
)

// upgradeKey begins the keys of what is stored of upgrades. No ref begins so: it begins with the name of a driver.
const upgradeKey = "/upgrade/"

func keyOfUpgrade(name string) string { return upgradeKey + url.PathEscape(name) }

// upgrades are those that the file has, and those that it had and that are not at their end.
type upgrades struct {
	mu   sync.RWMutex
	all  map[string]*upgrading // by name
	idle sync.WaitGroup        // of those that are at work
}

// restoreUpgrade takes over what the store holds of an upgrade.
func (c *Controller) restoreUpgrade(r engine.Record) error {
	m, err := upgrade.Restore(r.Data)
	if err != nil {
		return fmt.Errorf("%s: %w", r.Ref, err)
	}
	c.upgrades.mu.Lock()
	defer c.upgrades.mu.Unlock()
	c.upgrades.all[m.Name()] = &upgrading{c: c, machine: m, revision: r.Revision}
	return nil
}

// useUpgrades takes the upgrades of another file. What others have begun is finished, and then they are forgotten.
func (c *Controller) useUpgrades(s *Snapshot) {
	c.upgrades.mu.Lock()
	defer c.upgrades.mu.Unlock()
	has := map[string]*upgrade.Upgrade{}
	for _, u := range s.Upgrades {
		if has[u.Name] = u; c.upgrades.all[u.Name] == nil {
			c.upgrades.all[u.Name] = &upgrading{c: c, machine: upgrade.New(u)}
		}
	}
	for name, one := range c.upgrades.all {
		one.use(has[name])
	}
}

// upgradesOf lists the upgrades that take pushes from a hook, in the order of the file.
func (c *Controller) upgradesOf(hook string) (all []*upgrade.Upgrade) {
	for _, u := range c.Snapshot().Upgrades {
		if u.Hook == hook {
			all = append(all, u)
		}
	}
	return all
}

// TakesPushes reports whether what is posted to a hook is about images that were pushed. Then it brings no alert.
func (c *Controller) TakesPushes(hook string) bool { return len(c.upgradesOf(hook)) > 0 }

// Push enters pushes that came by a hook, and returns what was done to each workload that they are for. What is not done when ctx
// ends is failed, and goes on by itself.
func (c *Controller) Push(ctx context.Context, hook string, pushes []upgrade.Push) []engine.Decision {
	var all []engine.Decision
	var waiters []*pushWaiter
	meant := false
	for _, u := range c.upgradesOf(hook) {
		p, ok := u.Choose(pushes)
		if !ok {
			continue
		}
		meant = true
		done, w := c.upgrading(u.Name).push(p)
		all = append(all, done...)
		if w != nil {
			waiters = append(waiters, w)
		}
	}
	c.Metrics.pushed(meant)
	if !meant {
		_ = level.Debug(c.Logger).Log("msg", "no upgrade is for what was pushed", "hook", hook, "push", clipPushes(pushes))
	}
	for _, w := range waiters {
		all = append(all, w.wait(ctx, c)...)
	}
	return all
}

func clipPushes(pushes []upgrade.Push) string {
	var all []string
	for _, p := range pushes {
		all = append(all, p.String())
	}
	return engine.Clip(strings.Join(all, " "))
}

func (c *Controller) upgrading(name string) *upgrading {
	c.upgrades.mu.RLock()
	defer c.upgrades.mu.RUnlock()
	return c.upgrades.all[name]
}

// forgetUpgrade drops an upgrade that the file has no more, once it is at its end.
func (c *Controller) forgetUpgrade(name string, one *upgrading) {
	c.upgrades.mu.Lock()
	defer c.upgrades.mu.Unlock()
	if c.upgrades.all[name] == one {
		delete(c.upgrades.all, name)
	}
}

// dropUpgrades deletes what is stored of upgrades that the file does not have, at a start: what is taken out of it and put back in
// by a reload keeps what is remembered.
func (c *Controller) dropUpgrades(ctx context.Context) {
	c.upgrades.mu.RLock()
	defer c.upgrades.mu.RUnlock()
	for name, one := range c.upgrades.all {
		if !one.isOver() {
			continue
		}
		if _, err := c.Store.Put(ctx, engine.Record{Ref: keyOfUpgrade(name), Revision: one.revision}); err != nil {
			_ = level.Warn(c.Logger).Log("msg", "what is stored of an upgrade that the file does not have is not deleted", "upgrade", name, "err", err)
		}
	}
}

// UpgradeStatus is what the API tells of an upgrade.
type UpgradeStatus struct {
	Name      string                   `json:"name"`
	Hook      string                   `json:"hook"`
	Image     string                   `json:"image"`
	DryRun    bool                     `json:"dry_run"`
	Push      string                   `json:"push,omitempty"` // that is being carried out
	Workloads []upgrade.WorkloadStatus `json:"workloads"`
}

// Upgrades lists the upgrades of the file.
func (c *Controller) Upgrades() []UpgradeStatus {
	all := []UpgradeStatus{}
	for _, u := range c.Snapshot().Upgrades {
		s := UpgradeStatus{Name: u.Name, Hook: u.Hook, Image: u.Image, DryRun: u.DryRun}
		if one := c.upgrading(u.Name); one != nil {
			s.Push, s.Workloads = one.status()
		}
		all = append(all, s)
	}
	return all
}
