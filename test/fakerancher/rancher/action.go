package rancher

import (
	"slices"
	"time"
)

// act does an action on a resource.
func (c *call) act(r *resource) error {
	if _, known := r.schema.ResourceActions[c.action]; !known {
		return invalid("InvalidAction", "action")
	}
	row := c.s.row(r)
	next, leads := c.s.behavior[group(r.schema)].actions[c.action]
	switch c.action {
	case "addservicelink", "removeservicelink", "setservicelinks":
		return nil
	case "update": // it names no fields: nothing but the reconciliation comes of it
		next, leads = row.updated, row.updated != ""
	case "evacuate":
		next, leads = r.state, true
	}
	if !row.offers(c.action) || !leads {
		return invalid("ActionNotAvailable", "action")
	}
	if err := c.lock(r); err != nil {
		return err
	}
	if !c.s.row(r).offers(c.action) {
		return conflict()
	}
	if err := c.prepare(r); err != nil {
		return err
	}
	switch {
	case c.action == "evacuate":
		c.s.evacuate(r, c.at)
	case next != keep:
		r.held = false
		c.s.enter(r, next, c.at)
	}
	return nil
}

// prepare reads what an action was given.
func (c *call) prepare(r *resource) error {
	switch {
	case r.service == nil:
		return nil
	case c.action == "restart":
		strategy, _ := c.body["rollingRestartStrategy"].(map[string]any)
		if strategy == nil {
			return invalid("MissingRequired", "rollingRestartStrategy")
		}
		r.service.batch = readBatch(strategy)
	case c.action == "upgrade":
		return c.prepareUpgrade(r)
	case c.action == "cancelupgrade":
		r.fields["upgrade"] = r.service.upgrade
	case c.action == "rollback" && r.service.previous != nil:
		r.fields["launchConfig"] = r.service.previous
		r.fields["secondaryLaunchConfigs"] = r.service.sidekicks
	}
	return nil
}

func (c *call) prepareUpgrade(r *resource) error {
	strategy, _ := c.body["inServiceStrategy"].(map[string]any)
	if strategy == nil {
		return invalid("MissingRequired", "inServiceStrategy")
	}
	r.service.batch = readBatch(strategy)
	r.service.previous = r.fields["launchConfig"]
	if given, ok := strategy["launchConfig"].(map[string]any); ok {
		config := launchConfig("launchConfig", given)
		config["version"] = newUUID()
		r.fields["launchConfig"] = config
	}
	r.service.sidekicks = r.fields["secondaryLaunchConfigs"]
	if given, ok := strategy["secondaryLaunchConfigs"].([]any); ok {
		r.fields["secondaryLaunchConfigs"] = upgradeSidekicks(r.service.sidekicks, given)
	}
	r.service.upgrade = map[string]any{
		"type": "serviceUpgrade", "toServiceStrategy": nil,
		"inServiceStrategy": map[string]any{
			"type": "inServiceUpgradeStrategy", "startFirst": strategy["startFirst"] == true,
			"batchSize": r.service.batch.size, "intervalMillis": r.service.batch.interval.Milliseconds(),
			"launchConfig": r.fields["launchConfig"], "previousLaunchConfig": r.service.previous,
			"secondaryLaunchConfigs": []any{}, "previousSecondaryLaunchConfigs": []any{},
		},
	}
	return nil
}

// upgradeSidekicks puts the configurations that are given in the place of those of their names.
func upgradeSidekicks(before any, given []any) any {
	all, _ := before.([]any)
	next := slices.Clone(all)
	for i := range next {
		old, _ := next[i].(map[string]any)
		for _, one := range given {
			if config, ok := one.(map[string]any); ok && config["name"] == old["name"] {
				config = launchConfig("secondaryLaunchConfig", config)
				config["version"] = newUUID()
				next[i] = config
			}
		}
	}
	return next
}

func readBatch(strategy map[string]any) batch {
	return batch{
		size:     max(1, whole(strategy["batchSize"], 1)),
		interval: time.Duration(max(100, whole(strategy["intervalMillis"], 2000))) * time.Millisecond,
	}
}

// remove does a DELETE: it is refused where removing is not among the actions.
func (c *call) remove(r *resource) error {
	if r.state == "removing" {
		return nil
	}
	if !c.s.row(r).offers("remove") {
		return notAllowed()
	}
	if err := c.lock(r); err != nil {
		return err
	}
	r.held = false
	c.s.enter(r, "removing", c.at)
	if r.is("stack") {
		for _, one := range c.s.store.groups["service"] {
			if one.fields["stackId"] == r.id && c.s.row(one).offers("remove") {
				c.s.enter(one, "removing", c.at)
			}
		}
	}
	return nil
}
