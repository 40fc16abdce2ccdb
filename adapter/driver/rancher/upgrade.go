package rancher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	client "github.com/rancher/go-rancher/v2"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/keylock"
	"alertscale/rules"
	"alertscale/rules/upgrade"
)

var (
	_ controller.Upgrader = (*Driver)(nil)
	_ controller.Finisher = (*Driver)(nil)
)

// config is what containers of a service are made of. It goes back with another image, and is the same in all else.
type config map[string]json.RawMessage

// text returns a field that is a text; empty where it is none.
func (c config) text(field string) (s string) {
	_ = json.Unmarshal(c[field], &s) // which leaves it empty
	return s
}

// dockerPrefix is before the names of images that Docker runs; others are of no registry.
const dockerPrefix = "docker:"

// ReadWorkload reads the images of a service and of its sidekicks, and its state.
func (d *Driver) ReadWorkload(ctx context.Context, ref rules.Ref) (upgrade.Workload, error) {
	s, err := d.prepareUpgrade(ctx, ref)
	if err != nil {
		return upgrade.Workload{}, err
	}
	l, err := d.shared.locks.Lock(ctx, s.key(ref))
	if err != nil {
		return upgrade.Workload{}, fmt.Errorf("%s: %w", name(ref), err)
	}
	defer l.Release()
	found, err := d.readConfigs(ctx, s, ref)
	if err != nil {
		return upgrade.Workload{}, err
	}
	return found.seen(), nil
}

func (d *Driver) prepareUpgrade(ctx context.Context, ref rules.Ref) (*session, error) {
	if ref.Kind != kindService {
		return nil, fmt.Errorf("%w: %s: only services have images", controller.ErrInvalid, name(ref))
	}
	return d.prepare(ctx, ref)
}

// upgradable is a service with all of its configurations.
type upgradable struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	AccountID string   `json:"accountId"`
	StackID   string   `json:"stackId"`
	State     string   `json:"state"`
	Primary   config   `json:"launchConfig"`
	Sidekicks []config `json:"secondaryLaunchConfigs"`
}

// readConfigs reads a service by the id that is known, else by its name.
func (d *Driver) readConfigs(ctx context.Context, s *session, ref rules.Ref) (*upgradable, error) {
	for range 2 {
		id := d.services.get(ref).id
		if id == "" {
			found, err := d.read(ctx, s, ref)
			if err != nil {
				return nil, err
			}
			id = found.ID
		}
		found, err := get[upgradable](ctx, d, s, typeService, id)
		switch {
		case err != nil && code(err) != http.StatusNotFound:
			return nil, explain(name(ref), err)
		case err == nil && found.ID == id && found.AccountID == s.environment && !gone(found.State) && found.Name == ref.Name:
			return found, nil
		}
		d.services.forget(ref)
	}
	return nil, fmt.Errorf("%s: it is gone since it was looked up", name(ref))
}

// configs lists the configurations by the names of their containers: the service's own is called as the service is.
func (u *upgradable) configs() map[string]config {
	all := map[string]config{}
	for _, c := range u.Sidekicks {
		all[c.text("name")] = c
	}
	if u.Primary != nil {
		all[u.Name] = u.Primary
	}
	return all
}

// seen is what is told of the service. Its version is that of all of its configurations, and their images.
func (u *upgradable) seen() upgrade.Workload {
	w := upgrade.Workload{Finishes: true}
	all := u.configs()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		c := all[name]
		w.Restarts += c.text("version") + " "
		w.Version += name + " " + c.text("version") + " " + c.text("imageUuid") + "\n"
		if image, ok := strings.CutPrefix(c.text("imageUuid"), dockerPrefix); ok {
			w.Containers = append(w.Containers, upgrade.Container{Name: name, Image: image})
		}
	}
	w.Phase, w.Text = phaseOf(u.State)
	return w
}

// phaseOf is what a service takes in a state, and what ends that where it is not an upgrade.
func phaseOf(state string) (upgrade.Phase, string) {
	switch state {
	case "active", "updating-active":
		return upgrade.Idle, ""
	case "upgrading", "finishing-upgrade":
		return upgrade.UnderWay, fmt.Sprintf("the service is %s: that passes by itself", state)
	case "activating", "rolling-back", "restarting":
		return upgrade.Busy, fmt.Sprintf("the service is %s: that passes by itself", state)
	}
	text := "the service is " + state
	if fact, ok := obstacleOf(state); ok {
		text = fact.Text
	}
	if state == "upgraded" {
		return upgrade.Upgraded, text
	}
	return upgrade.Busy, text
}

// Upgrade begins an in-service upgrade, if nothing about the images changed since they were read, and the service takes one.
// Of the configurations, those with another image are sent, with the label by which Rancher pulls it.
func (d *Driver) Upgrade(ctx context.Context, ref rules.Ref, c upgrade.Change) error {
	s, err := d.prepareUpgrade(ctx, ref)
	if err != nil {
		return err
	}
	l, err := d.shared.locks.Lock(ctx, s.key(ref))
	if err != nil {
		return fmt.Errorf("%s: %w", name(ref), err)
	}
	defer l.Release()
	found, err := d.readConfigs(ctx, s, ref)
	if err != nil {
		return err
	}
	if seen := found.seen(); seen.Phase != upgrade.Idle || seen.Version != c.Version {
		return fmt.Errorf("%w: %s: it is %s, or has other images than when it was read", controller.ErrConflict, name(ref), found.State)
	}
	return d.act(ctx, s, ref, l, action{found.ID, "upgrade", map[string]any{"inServiceStrategy": found.strategy(c)}})
}

// The pace where the file does not say, which is Rancher's own, and the least that it takes.
const (
	defaultInterval = 2 * time.Second
	leastInterval   = 100 * time.Millisecond
)

func (u *upgradable) strategy(c upgrade.Change) map[string]any {
	interval := defaultInterval
	if c.Pace.Interval != nil {
		interval = max(*c.Pace.Interval, leastInterval)
	}
	s := map[string]any{
		"batchSize": max(c.Pace.Batch, 1), "intervalMillis": interval.Milliseconds(),
		"startFirst": c.Pace.StartFirst != nil && *c.Pace.StartFirst,
	}
	all := u.configs()
	var sidekicks []config
	for _, image := range c.Images {
		next := all[image.Name].with(image.Image)
		if image.Name == u.Name {
			s["launchConfig"] = next
		} else {
			sidekicks = append(sidekicks, next)
		}
	}
	if sidekicks != nil {
		s["secondaryLaunchConfigs"] = sidekicks
	}
	return s
}

// pullImage is the label by which Rancher pulls an image though a host has one of the name.
const pullImage = "io.rancher.container.pull_image"

// with returns the configuration with another image.
func (c config) with(image string) config {
	next := maps.Clone(c)
	if next == nil {
		next = config{}
	}
	labels := map[string]json.RawMessage{}
	_ = json.Unmarshal(c["labels"], &labels) // null where there are none
	if labels == nil {
		labels = map[string]json.RawMessage{}
	}
	labels[pullImage] = json.RawMessage(`"always"`)
	next["labels"], _ = json.Marshal(labels) // of JSON and texts they cannot fail
	next["imageUuid"], _ = json.Marshal(dockerPrefix + image)
	return next
}

// FinishUpgrade removes the containers of before, which Rancher keeps to roll back to.
func (d *Driver) FinishUpgrade(ctx context.Context, ref rules.Ref) error {
	s, err := d.prepareUpgrade(ctx, ref)
	if err != nil {
		return err
	}
	l, err := d.shared.locks.Lock(ctx, s.key(ref))
	if err != nil {
		return fmt.Errorf("%s: %w", name(ref), err)
	}
	defer l.Release()
	found, err := d.readConfigs(ctx, s, ref)
	if err != nil {
		return err
	}
	if found.State != "upgraded" {
		return fmt.Errorf("%w: %s: it is %s", controller.ErrConflict, name(ref), found.State)
	}
	return d.act(ctx, s, ref, l, action{found.ID, "finishupgrade", map[string]any{}})
}

// action is one on a service, by its id.
type action struct {
	id, name string
	input    any
}

// act does an action on a service. What was read of it is not true any more then, whatever becomes of it.
func (d *Driver) act(ctx context.Context, s *session, ref rules.Ref, l *keylock.Lease, a action) error {
	d.services.set(ref, known{id: a.id})
	on := s.resource(typeService, a.id)
	on.Actions = map[string]string{a.name: on.Links[client.SELF] + "/?action=" + a.name}
	_, err := keylock.Call(ctx, l, func() (*service, error) {
		into := new(service)
		return into, s.api.Action(typeService, a.name, on, a.input, into)
	})
	if err = d.watch(s, err); err == nil {
		return nil
	}
	if code(err) == http.StatusNotFound || unavailable(err) {
		return fmt.Errorf("%w: %s: %w", controller.ErrConflict, name(ref), err)
	}
	return explain(name(ref), err)
}

// unavailable reports whether an action is refused since the service is in another state by now.
func unavailable(err error) bool {
	e := (*client.ApiError)(nil)
	return errors.As(err, &e) && strings.Contains(e.Body, "code=ActionNotAvailable")
}

// FindWorkloads lists the services of which one of the configurations has all of some labels.
func (d *Driver) FindWorkloads(ctx context.Context, w upgrade.Where) (all []rules.Ref, err error) {
	s, err := d.connector.session(ctx)
	if err != nil {
		return nil, err
	}
	stacks, err := list[stack](ctx, d, s, typeStack, nil)
	if err != nil {
		return nil, explain("stacks", err)
	}
	names := map[string]string{}
	for _, one := range stacks {
		if one.AccountID == s.environment && !gone(one.State) && (w.Namespace == "" || one.Name == w.Namespace) {
			names[one.ID] = one.Name
		}
	}
	services, err := list[service](ctx, d, s, typeService, nil)
	if err != nil {
		return nil, explain("services", err)
	}
	for i := range services {
		one := &services[i]
		if stack := names[one.StackID]; stack != "" && one.AccountID == s.environment && !one.gone() && one.hasLabels(w.Selector) {
			all = append(all, rules.Ref{Kind: kindService, Namespace: stack, Name: one.Name})
		}
	}
	return all, nil
}

// hasLabels reports whether one of the configurations has all labels.
func (s *service) hasLabels(selector rules.Labels) bool {
	return slices.ContainsFunc(append([]launchConfig{s.LaunchConfig}, s.Secondary...), func(c launchConfig) bool {
		for _, l := range selector {
			if v, ok := c.Labels[l.Name]; !ok || fmt.Sprint(v) != l.Value {
				return false
			}
		}
		return true
	})
}
