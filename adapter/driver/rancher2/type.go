package rancher2

import (
	"alertscale/adapter/driver"
	"alertscale/rules"
)

// Type is what the file knows of the driver.
func Type() driver.Type {
	return driver.Type{
		Read:    driver.Reader(ReadConfig),
		Address: driver.Addresser(func(c Config) string { return c.URL + " " + c.ClusterNamespace }),
		Schema:  rules.RefSchema{Kinds: map[string]rules.RefSchema{kindMachinePool: {Namespace: true}, kindNodePool: {Namespace: true}}},
		Connect: driver.Connector(New),
	}
}
