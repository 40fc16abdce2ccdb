package main

import (
	"context"
	"errors"
	"sync"

	"alertscale/adapter/controller"
	"alertscale/adapter/sink"
	"alertscale/adapter/sink/events"
	"alertscale/adapter/sink/history"
	sinklog "alertscale/adapter/sink/log"
	sinkmetrics "alertscale/adapter/sink/metrics"
	"alertscale/adapter/sink/remote"
	"alertscale/adapter/web"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/version"
)

// sinks are where decisions go.
type sinks struct {
	metrics *sinkmetrics.Metrics
	history *history.History
	log     *sink.Queue
	events  *events.Sink // nil: a dry run writes none
	told    *sink.Queue  // before events, which take a while to be made
	remote  *remote.Set
}

func newSinks(reg prometheus.Registerer, logger log.Logger, o *options, limits *sinkmetrics.Limits, place web.Place) sinks {
	s := sinks{
		metrics: sinkmetrics.New(reg),
		history: history.New(history.Options{Bytes: o.decisionLog, Limited: limits.Limited}),
		log:     sink.NewQueue(sink.QueueOptions{Next: sinklog.New(logger), Name: "log", Limited: limits.Limited}),
		remote: remote.New(remote.Options{
			Source: place.External.String(), Version: version.Version, Logger: logger, Metrics: remote.NewMetrics(reg),
		}),
	}
	if !o.dryRun {
		s.events = &events.Sink{}
		s.told = sink.NewQueue(sink.QueueOptions{Next: s.events, Name: "events", Limited: limits.Limited})
	}
	return s
}

func (s *sinks) all() []controller.Sink {
	all := []controller.Sink{s.metrics, s.history, s.log, s.remote}
	if s.told != nil {
		all = append(all, s.told)
	}
	return all
}

// close returns when all decisions have been recorded, or when ctx ends. Those who are told over the network get some seconds
// of that.
func (s *sinks) close(ctx context.Context) error {
	var others sync.WaitGroup
	others.Go(func() { s.remote.Close(ctx) })
	defer others.Wait()
	if s.told == nil {
		return s.log.Close(ctx)
	}
	return errors.Join(s.log.Close(ctx), s.told.Close(ctx))
}

// prepare takes the drivers of a file, and makes the series that one is to be alerted on.
func (s *sinks) prepare(f *controller.Snapshot) {
	names := make([]string, 0, len(f.Rules.Rules))
	for _, r := range f.Rules.Rules {
		names = append(names, r.Name)
	}
	for _, u := range f.Upgrades {
		names = append(names, u.Name)
	}
	s.metrics.Prepare(names)
	if s.events != nil {
		s.events.Use(f)
	}
}
