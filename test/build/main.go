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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	components := stack.Components()
	if len(os.Args) > 1 {
		components = nil
		for _, arg := range os.Args[1:] {
			components = append(components, stack.Component(arg))
		}
	}
	for _, c := range components {
		dir, err := stack.Build(ctx, c)
		if err != nil {
			fmt.Fprintln(os.Stderr, "build:", err)
			os.Exit(1)
		}
		fmt.Println(dir)
	}
}
