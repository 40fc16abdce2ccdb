// Command fakerancher serves a stand-in for Rancher 1.6's API until it is
// interrupted. It writes what a client needs to know, its URL and its keys,
// to a file once it listens.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"alertscale/test/fakerancher/rancher"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "fakerancher:", err)
		os.Exit(1)
	}
}

// run serves until the context ends.
func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("fakerancher", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address to listen on")
	lab := flags.String("lab", "", "file to write the URL and the keys to")
	speed := flags.Float64("speed", 1, "how many times faster its clock runs")
	lock := flags.Duration("lock", 5*time.Millisecond, "how long a write holds its resource")
	if err := flags.Parse(args); err != nil {
		return err
	}
	server := rancher.New(rancher.Options{Listen: *listen, Speed: *speed, Lock: *lock})
	if err := server.Listen(); err != nil {
		return err
	}
	defer server.Close()
	if *lab != "" {
		if err := server.WriteLab(*lab); err != nil {
			return err
		}
	}
	fmt.Println(server.URL())
	<-ctx.Done()
	return nil
}
