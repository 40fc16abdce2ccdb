package kubernetes

import (
	"alertscale/adapter/driver"
	"alertscale/rules"
)

// Type is what the file knows of the driver.
func Type() driver.Type {
	return driver.Type{
		Read:    driver.Reader(ReadConfig),
		Needs:   rules.Needs{Kind: true, Namespace: true},
		Connect: driver.Connector(New),
	}
}
