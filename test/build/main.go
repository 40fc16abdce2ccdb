// Command build builds what the tests run, or the components that its
// arguments name, ahead of the tests.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"alertscale/test/stack"
)

func main() {
	if err := build(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

// build builds the components of these names; of no names, all.
func build(names []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	components := stack.Components()
	if len(names) > 0 {
		components = nil
		for _, name := range names {
			components = append(components, stack.Component(name))
		}
	}
	for _, c := range components {
		dir, err := stack.Build(ctx, c)
		if err != nil {
			return err
		}
		fmt.Println(dir)
	}
	return nil
}
