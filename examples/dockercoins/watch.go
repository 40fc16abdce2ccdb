package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// watcher prints a line of what has changed since the line before.
type watcher struct {
	out  io.Writer
	at   time.Time
	last state
}

const watchedColumns = "%-8s %7s %8s %8s %5s\n"

// line prints one, and before the first one what the columns are.
func (w *watcher) line(now state, at time.Time) {
	if w.at.IsZero() {
		fmt.Fprintf(w.out, watchedColumns, "time", "wanted", "coins/s", "workers", "rngs")
	} else {
		// A store that was started again begins at 0.
		rate := float64(max(0, now.Coins-w.last.Coins)) / at.Sub(w.at).Seconds()
		fmt.Fprintf(w.out, watchedColumns, at.UTC().Format(time.TimeOnly), fmt.Sprintf("%g", now.Wanted), fmt.Sprintf("%.1f", rate),
			fmt.Sprint(now.Workers), fmt.Sprint(now.RNGs))
	}
	w.at, w.last = at, now
}

func runWatch(ctx context.Context, o options) error {
	c, w := newClient(o), &watcher{out: os.Stdout}
	for {
		now, err := c.state(ctx)
		if err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, err) // and tried again
		} else if err == nil {
			w.line(now, time.Now())
		}
		if !sleep(ctx, o.interval) {
			return nil
		}
	}
}

func runLoad(ctx context.Context, o options) error {
	now, err := newClient(o).want(ctx, o.wanted)
	if err == nil {
		fmt.Printf("%g coins a second are wanted\n", now.Wanted)
	}
	return err
}
