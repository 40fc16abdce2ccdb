package demo

import (
	"context"
	"time"

	"alertscale/adapter/recording"
	"alertscale/adapter/source/webhook"
	"alertscale/rules"
)

// record begins to record the demo, on the clock of the simulated world.
func (d *demo) record() (err error) {
	if d.History != "" {
		d.recorder, err = recording.Open(recording.Options{Path: d.History, Now: d.clock.now})
	}
	return err
}

func (d *demo) decode(body []byte, sender string) (*rules.Event, error) {
	e, err := webhook.DecodeFrom(body, sender)
	if err == nil && d.recorder != nil {
		d.recorder.Notification(body, sender)
	}
	return e, err
}

func (d *demo) counted(ref string, n int) {
	if d.recorder != nil {
		d.recorder.Count(ref, n)
	}
}

func (d *demo) closeRecorder() error {
	if d.recorder == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return d.recorder.Close(ctx)
}
