// Package client holds the commands that ask a running alertscale what it knows, and tell it to pause.
package client

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"time"

	"alertscale/adapter/cli/internal/api"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The forms of output.
const (
	Simple   = "simple"   // a table
	Extended = "extended" // some lines for each
	JSON     = "json"     // the data of the API
)

// Options say whom to ask, and what to print.
type Options struct {
	URL        string           // of an alertscale, with the path that it is served under
	HTTPConfig string           // a file of credentials and TLS; empty: none
	Timeout    time.Duration    // of one answer; default 30s
	Output     string           // Simple, Extended or JSON; default Simple
	Now        func() time.Time // default time.Now
	Out, Err   io.Writer        // what was asked for, and remarks on it
}

func (o *Options) connect() (*api.Client, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	return api.New(api.Options{URL: o.URL, HTTPConfig: o.HTTPConfig, Timeout: o.Timeout})
}

// element is one of a list, and how it came.
type element[T any] struct {
	value T
	raw   jsontext.Value
}

// UnmarshalJSON implements json.Unmarshaler.
func (e *element[T]) UnmarshalJSON(text []byte) error {
	e.raw = slices.Clone(text)
	return json.Unmarshal(text, &e.value)
}

// list reads a list of the API, of which each element is kept as it came, too.
func list[T any](ctx context.Context, c *api.Client, path string, query url.Values) (all []T, raw []jsontext.Value, err error) {
	var elements []element[T]
	if err := c.Get(ctx, path, query, &elements); err != nil {
		return nil, nil, err
	}
	all, raw = make([]T, len(elements)), make([]jsontext.Value, len(elements))
	for i, e := range elements {
		all[i], raw[i] = e.value, e.raw
	}
	return all, raw, nil
}

// printJSON prints data of the API, for people too.
func printJSON(w io.Writer, data any) error {
	text, err := json.Marshal(data, jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", text)
	return err
}
