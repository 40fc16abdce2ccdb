// Package simulator is a driver whose workloads live in memory: for demos, tests and first steps.
package simulator

import (
	"time"

	"alertscale/adapter/driver/internal/block"
	"alertscale/rules"
	"alertscale/rules/yamldoc"
)

// Config is a simulator's block of the file.
type Config struct {
	// Workloads holds the count at start of each workload, by namespace/name or by name. One that
	// is not there does not exist.
	Workloads map[string]int
	// Bounds is what workloads say of their own bounds, by namespace/name or by name.
	Bounds map[string]rules.BoundsSaid
	// ReadyAfter is how long a ref is not ready after each change of its count.
	ReadyAfter time.Duration
}

// ReadConfig reads the block. What is wrong with it becomes a fault of the document.
func ReadConfig(n yamldoc.Node) Config {
	c := Config{Workloads: map[string]int{}}
	block.Read(n, []yamldoc.Field{
		{Key: "workloads", Read: func(n yamldoc.Node) {
			n.Each(func(key string, n yamldoc.Node) { c.Workloads[key] = n.Int(0) })
		}},
		{Key: "bounds", Read: func(n yamldoc.Node) {
			c.Bounds = map[string]rules.BoundsSaid{}
			n.Each(func(key string, n yamldoc.Node) { c.Bounds[key] = rules.ReadBoundsSaid(n) })
		}},
		{Key: "ready_after", Read: func(n yamldoc.Node) { c.ReadyAfter = n.Duration() }},
	})
	return c
}

// Said returns what the workload of a ref says of its own bounds.
func (c Config) Said(ref rules.Ref) rules.BoundsSaid {
	if said, ok := c.Bounds[ref.Namespace+"/"+ref.Name]; ok {
		return said
	}
	said := c.Bounds[ref.Name]
	said.Asked = true
	return said
}
