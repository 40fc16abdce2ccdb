package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// A client asks the other services. Each request has a connection of its own, so that each may be served by another
// container: by the one that has just come, too.
type client struct {
	rng, hasher, store string
	http               *http.Client
}

func newClient(o options) *client {
	return &client{rng: o.rng, hasher: o.hasher, store: o.store, http: &http.Client{
		Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true},
	}}
}

// number returns random bytes, and the name of what they come from.
func (c *client) number(ctx context.Context, size int) (number []byte, name string, err error) {
	return c.do(ctx, http.MethodGet, fmt.Sprintf("%s/?bytes=%d", c.rng, size), nil)
}

func (c *client) hash(ctx context.Context, number []byte) (string, error) {
	hash, _, err := c.do(ctx, http.MethodPost, c.hasher+"/", number)
	return string(hash), err
}

func (c *client) report(ctx context.Context, r report) (state, error) {
	return c.change(ctx, http.MethodPost, "/reports", r)
}

func (c *client) want(ctx context.Context, coins float64) (state, error) {
	return c.change(ctx, http.MethodPut, "/wanted", coins)
}

func (c *client) state(ctx context.Context) (now state, err error) {
	text, _, err := c.do(ctx, http.MethodGet, c.store+"/state", nil)
	if err != nil {
		return now, err
	}
	return now, json.Unmarshal(text, &now)
}

// change sends something to the store, which answers with its state.
func (c *client) change(ctx context.Context, method, path string, what any) (now state, err error) {
	body, err := json.Marshal(what)
	if err != nil {
		return now, err
	}
	text, _, err := c.do(ctx, method, c.store+path, body)
	if err != nil {
		return now, err
	}
	return now, json.Unmarshal(text, &now)
}

func (c *client) do(ctx context.Context, method, url string, body []byte) (text []byte, name string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	text, err = io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, url, res.Status, bytes.TrimSpace(text))
	}
	return text, res.Header.Get(nameHeader), err
}
