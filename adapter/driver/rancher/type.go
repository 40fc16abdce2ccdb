package rancher

import (
	"alertscale/adapter/driver"
	"alertscale/rules"
	"alertscale/rules/upgrade"
)

// Type is what the file knows of the driver.
func Type() driver.Type {
	return driver.Type{
		Read:    driver.Reader(ReadConfig),
		Address: driver.Addresser(func(c Config) string { return c.URL }),
		Schema: rules.RefSchema{
			Kinds: map[string]rules.RefSchema{kindService: {Namespace: true, Bounds: rules.BoundsBy("label")}, kindHost: {Selector: true}},
			Self:  []string{kindService},
		},
		Upgrades: &upgrade.Schema{Kinds: []string{kindService}, Namespace: true, Containers: true, Pace: true, TagsOnly: true},
		Connect:  driver.Connector(connect),
		Keep:     true, // it knows what it did to hosts
		Share:    func() any { return NewShared() },
	}
}

func connect(cfg Config, o driver.Options) (*Driver, error) {
	return New(cfg, Options{
		Group:  func(ref rules.Ref) ([]rules.Label, rules.Remove, bool) { return o.Rules().Group(ref) },
		Shared: o.Shared.(*Shared),
		Now:    o.Now,
		Logger: o.Logger,
	})
}
