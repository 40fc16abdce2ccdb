package rancher

import (
	"maps"
	"time"
)

// service is what a service has besides its fields.
type service struct {
	units    []*unit // by index
	index    int64   // of the newest unit that there ever was
	current  any     // currentScale: null before the first activation
	health   string
	previous any // the launch configuration before the upgrade

	sidekicks any // and those of its sidekicks
	upgrade   any // what was asked for, shown once it is canceled
	batch     batch
}

// batch says how a restart or an upgrade proceeds.
type batch struct {
	size     int64
	interval time.Duration
}

func (v *service) render(fields, out map[string]any) {
	var ids []string
	for _, u := range v.units {
		for _, part := range u.parts {
			ids = append(ids, part.id)
		}
	}
	for name, value := range map[string]any{
		"healthState": v.health, "currentScale": v.current, "createIndex": v.createIndex(),
		"instanceIds": orNull(ids), "publicEndpoints": orNull(endpoints(v.units)),
	} {
		if _, has := out[name]; has {
			out[name] = value
		}
	}
	if sidekicks := fields["secondaryLaunchConfigs"]; sidekicks != nil { // of kinds whose schema has none, too
		out["secondaryLaunchConfigs"] = sidekicks
	}
}

// createIndex is null before the first container.
func (v *service) createIndex() any {
	if v.index == 0 {
		return nil
	}
	return v.index
}

// createService stores a new service of any kind.
func (c *call) createService() (*resource, error) {
	fields, err := c.accept(c.schema, true)
	if err != nil {
		return nil, err
	}
	stack, _ := fields["stackId"].(string)
	if stack == "" {
		return nil, invalid("MissingRequired", "stackId")
	}
	if c.s.store.byID[stack].isGone() {
		return nil, invalid("InvalidReference", "stackId")
	}
	name, _ := fields["name"].(string)
	if c.s.store.named(c.schema, "stackId", stack, name) != nil {
		return nil, invalid("NotUnique", "name")
	}
	if err := cleanPolicy(fields); err != nil {
		return nil, err
	}
	c.s.cleanConfigs(c.schema, fields)
	return c.s.addService(c.schema, c.s.store.byID[stack].account, fields, c.at), nil
}

func (s *Server) addService(kind *schema, account string, fields map[string]any, at time.Time) *resource {
	r := s.store.add(kind, account, fields, at)
	r.service = &service{health: "healthy"}
	return r
}

// cleanPolicy fills a scale policy in.
func cleanPolicy(fields map[string]any) error {
	policy, _ := fields["scalePolicy"].(map[string]any)
	if policy == nil {
		return nil
	}
	least, most := whole(policy["min"], 1), whole(policy["max"], 1)
	if least > most {
		return invalid("MaxLimitExceeded", "min")
	}
	fields["scalePolicy"] = map[string]any{
		"type": "scalePolicy", "min": least, "max": most, "increment": whole(policy["increment"], 1),
	}
	return nil
}

// updateService stores what a PUT names, and does what that leads to: any
// write that names something to store starts a reconciliation.
func (c *call) updateService(r *resource) error {
	changes, err := c.accept(r.schema, false)
	if err != nil {
		return err
	}
	if err := cleanPolicy(changes); err != nil {
		return err
	}
	if name, renames := changes["name"].(string); renames {
		if other := c.s.store.named(r.schema, "stackId", r.text("stackId"), name); other != nil && other != r {
			return invalid("NotUnique", "name")
		}
	}
	c.s.cleanConfigs(r.schema, changes)
	return c.update(r, changes)
}

// update stores changes where the resource's state takes them.
func (c *call) update(r *resource, changes map[string]any) error {
	if len(changes) == 0 {
		return nil
	}
	if err := c.lock(r); err != nil {
		return err
	}
	next := c.s.row(r).updated
	if next == "" {
		return conflict()
	}
	maps.Copy(r.fields, changes)
	if next != keep {
		r.held = false
		c.s.enter(r, next, c.at)
	}
	return nil
}
