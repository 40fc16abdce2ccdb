package config

import (
	"alertscale/rules/upgrade"
	"alertscale/rules/yamldoc"
)

// readUpgrades reads the list of upgrades, once all that it names is known; nil: the file has none.
func (f *File) readUpgrades(n *yamldoc.Node, dryRun bool) {
	if n == nil {
		return
	}
	o := upgrade.Options{Drivers: map[string]*upgrade.Schema{}, DryRun: dryRun, Rules: f.Rules.Has}
	for _, h := range f.Hooks {
		o.Hooks = append(o.Hooks, h.Name)
	}
	types := driverTypes()
	for name, d := range f.Drivers {
		o.Drivers[name] = types[d.Type].Upgrades
	}
	f.Upgrades = upgrade.ReadAll(*n, o)
}
