package kubernetes

import (
	"alertscale/adapter/driver"
	"alertscale/rules"
)

// Type is what the file knows of the driver.
func Type() driver.Type {
	return driver.Type{
		Read: driver.Reader(ReadConfig),
		Address: driver.Addresser(func(c Config) string {
			if c.Rancher != nil {
				return c.Rancher.URL + " " + c.Rancher.Cluster
			}
			return c.Kubeconfig + " " + c.Context
		}),
		Schema:  rules.RefSchema{Kind: true, Namespace: true, Path: true},
		Connect: driver.Connector(New),
	}
}
