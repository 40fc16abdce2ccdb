package kubernetes

import (
	"context"
	"encoding/json"
	"net/http"

	"alertscale/adapter/driver/internal/httpx"
	"alertscale/rules"
)

// mediaMetadata asks for the metadata of an object alone, and takes the whole where a server cannot give that.
const mediaMetadata = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1," + mediaJSON

// askBounds asks what a workload says of its own bounds, where its target wants to know, beside the read of its scale. It
// returns what waits for the answer; an object that is read itself has it.
func (d *Driver) askBounds(ctx context.Context, c call) func(object httpx.Answer) (rules.BoundsSaid, error) {
	if d.rules == nil || !d.rules().WorkloadBounds(c.ref) {
		return func(httpx.Answer) (rules.BoundsSaid, error) { return rules.BoundsSaid{}, nil }
	}
	if c.whole {
		return func(object httpx.Answer) (rules.BoundsSaid, error) { return d.boundsIn(c, object) }
	}
	type reply struct {
		said rules.BoundsSaid
		err  error
	}
	answered := make(chan reply, 1) // who does not wait for it leaves it there
	c.whole = true
	go func() {
		said, err := d.readBounds(ctx, c)
		answered <- reply{said, err}
	}()
	return func(httpx.Answer) (rules.BoundsSaid, error) {
		r := <-answered
		return r.said, r.err
	}
}

func (d *Driver) readBounds(ctx context.Context, c call) (rules.BoundsSaid, error) {
	a, err := d.client.get(ctx, c.path(), mediaMetadata)
	if err != nil {
		return rules.BoundsSaid{}, d.recovery.Note(err)
	}
	if a.Code != http.StatusOK {
		return rules.BoundsSaid{}, d.refusal(c, a)
	}
	return d.boundsIn(c, a)
}

// boundsIn is what the annotations of an object, or of its metadata, say.
func (d *Driver) boundsIn(c call, a httpx.Answer) (rules.BoundsSaid, error) {
	var o struct {
		Kind     string `json:"kind"`
		Metadata struct {
			UID         string            `json:"uid"`
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}
	if json.Unmarshal(a.Body, &o) != nil || o.Kind != c.kind.name && o.Kind != "PartialObjectMetadata" || o.Metadata.UID == "" {
		return rules.BoundsSaid{}, d.unexpected(c, a, "metadata of a "+c.kind.name)
	}
	return rules.BoundsIn(o.Metadata.Annotations), nil
}
