package kubernetes

import (
	"alertscale/adapter/driver"
	"alertscale/rules"
	"alertscale/rules/upgrade"
)

// Type is what the file knows of the driver.
func Type() driver.Type {
	return driver.Type{
		Read:    driver.Reader(ReadConfig),
		Address: driver.Addresser(Config.address),
		Schema: rules.RefSchema{
			Kind: true, Namespace: true, Path: true, Bounds: rules.BoundsBy("annotation"), Self: []string{"Deployment", "StatefulSet"},
		},
		Upgrades: &upgrade.Schema{Kinds: upgradable(), Namespace: true, Containers: true},
		Share:    func() any { return NewShared() },
		Connect:  driver.Connector(New),
	}
}
