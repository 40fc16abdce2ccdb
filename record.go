package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"alertscale/adapter/recording"
	sinkmetrics "alertscale/adapter/sink/metrics"
	"alertscale/adapter/source/webhook"
	"alertscale/adapter/web"
	"alertscale/rules"

	"github.com/alecthomas/kingpin/v2"
	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
)

// recordOptions are the flags of what is recorded for alertscale replay.
type recordOptions struct {
	path     string
	maxBytes int64
	files    int
}

func recordFlags(cmd *kingpin.CmdClause, o *recordOptions) {
	cmd.Flag("history", "Record notifications and the counts that are read to this file, for alertscale replay.").StringVar(&o.path)
	cmd.Flag("history.max-bytes", "The size at which a file of --history gives way to another one.").
		Default(fmt.Sprint(recording.DefaultMaxBytes)).Int64Var(&o.maxBytes)
	cmd.Flag("history.files", "How many files of --history there are at most: FILE, FILE.1, FILE.2, ….").
		Default(fmt.Sprint(recording.DefaultFiles)).IntVar(&o.files)
}

// open begins to record; nil: nothing is to be.
func (o *recordOptions) open(logger log.Logger, limited *sinkmetrics.Limits) (*recording.Recorder, error) {
	if o.path == "" {
		return nil, nil
	}
	return recording.Open(recording.Options{
		Path: o.path, MaxBytes: o.maxBytes, Files: o.files, Limited: limited.Limited,
		Failed: func(err error) {
			if err == nil {
				_ = level.Info(logger).Log("msg", "the history is recorded again", "file", o.path)
				return
			}
			_ = level.Error(logger).Log("msg", "the history is not recorded; it is tried again each second", "file", o.path, "err", err)
		},
	})
}

// decoder decodes notifications, and records them.
func (s *service) decoder() func(body []byte, sender string) (*rules.Event, error) {
	decode := webhook.NewDecoder().Decode
	if s.recorder == nil {
		return decode
	}
	return func(body []byte, sender string) (*rules.Event, error) {
		e, err := decode(body, sender)
		if err == nil {
			s.recorder.Notification(body, sender)
		}
		return e, err
	}
}

// decodeAlerts decodes what is posted as to an Alertmanager, and records it.
func (s *service) decodeAlerts(body []byte, sender string, now time.Time) (*rules.Event, error) {
	e, err := webhook.DecodeAlerts(body, sender, now)
	if err == nil && s.recorder != nil {
		s.recorder.Notification(body, sender)
	}
	return e, err
}

// counted returns what is told of each count that is read; nil: nobody is.
func (s *service) counted() func(string, int) {
	if s.recorder == nil {
		return nil
	}
	return s.recorder.Count
}

// recordedHook records what is posted to a hook.
type recordedHook struct {
	web.Hook
	name     string
	recorder *recording.Recorder
}

// Event implements web.Hook.
func (h recordedHook) Event(body []byte, contentType, idempotencyKey string, now time.Time) (*rules.Event, error) {
	e, err := h.Hook.Event(body, contentType, idempotencyKey, now)
	if err == nil {
		labels, _ := json.Marshal(e.CommonLabels.KV()) // of a map of texts it never fails
		h.recorder.HookPost(h.name, idempotencyKey, labels)
	}
	return e, err
}

// closeRecorder writes what waits to be recorded.
func (s *service) closeRecorder(ctx context.Context) error {
	if s.recorder == nil {
		return nil
	}
	return s.recorder.Close(ctx)
}
