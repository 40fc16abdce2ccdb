// Package kubernetes is the driver of everything in a Kubernetes cluster that has a scale subresource, which is all that
// it reads and writes of a workload; and of integer fields of any object, where a target names one by its path.
package kubernetes

import (
	"alertscale/adapter/driver/internal/block"
	"alertscale/rules/yamldoc"
)

// Config is the driver's block of the file. Its zero value is the default.
type Config struct {
	Kubeconfig string  // a file; empty: found as New says
	Context    string  // of the kubeconfig; empty: its current one
	QPS        float64 // requests a second on average; 0: 50
	Burst      int     // requests at once; 0: 100
	NoEvents   bool    // no Events are written of what is scaled

	Rancher *Rancher // nil: the cluster is not reached by way of one. It excludes Kubeconfig and Context.
}

const (
	defaultQPS   = 50
	defaultBurst = 100
)

// ReadConfig reads the block. What is wrong with it becomes a fault of the document.
func ReadConfig(n yamldoc.Node) Config {
	var c Config
	block.Read(n, []yamldoc.Field{
		{Key: "kubeconfig", Read: func(n yamldoc.Node) { c.Kubeconfig = n.File() }},
		{Key: "context", Read: func(n yamldoc.Node) { c.Context = n.Text() }},
		{Key: "qps", Read: func(n yamldoc.Node) { c.QPS = n.Float() }},
		{Key: "burst", Read: func(n yamldoc.Node) { c.Burst = n.Int(1) }},
		{Key: "events", Read: func(n yamldoc.Node) { c.NoEvents = !n.Bool() }},
		{Key: "rancher", Read: func(n yamldoc.Node) { c.Rancher = readRancher(n) }},
	})
	if c.Rancher != nil {
		excludeOthers(n)
	}
	return c
}

// address is which cluster it is.
func (c Config) address() string {
	if c.Rancher != nil {
		return c.Rancher.URL + " " + c.Rancher.Cluster
	}
	return c.Kubeconfig + " " + c.Context
}

func (c Config) withDefaults() Config {
	if c.QPS == 0 {
		c.QPS = defaultQPS
	}
	if c.Burst == 0 {
		c.Burst = defaultBurst
	}
	return c
}
