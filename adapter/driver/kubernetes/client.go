package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
)

// client sends requests to one API server, each exactly once. It uses client-go's transport,
// which does TLS, credentials and their rotation, and not its REST client, which asks again by
// itself where an answer has Retry-After.
type client struct {
	base    string   // https://host:port, with the path that the API is behind, if any
	rancher *Rancher // that is in front; nil: none that the file tells of
	http    *http.Client
	limit   *controller.Turns
	qps     float64 // the limit
	rate    string  // and in words
}

func newClient(found *rest.Config, cfg Config, agent string) (*client, error) {
	found = rest.CopyConfig(found)
	found.UserAgent = agent
	base, _, err := rest.DefaultServerUrlFor(found)
	if err != nil {
		return nil, fmt.Errorf("server %q: %w", found.Host, err)
	}
	transport, err := rest.TransportFor(found)
	if err != nil {
		return nil, fmt.Errorf("server %q: %s", found.Host, oneLine(err.Error()))
	}
	return &client{
		base:    strings.TrimSuffix(base.String(), "/"),
		rancher: cfg.Rancher,
		http:    httpx.NewClient(transport),
		limit:   controller.NewTurns(flowcontrol.NewTokenBucketRateLimiter(float32(cfg.QPS), cfg.Burst).Wait),
		qps:     cfg.QPS,
		rate:    fmt.Sprintf("qps %v, burst %d", cfg.QPS, cfg.Burst),
	}, nil
}

func (c *client) get(ctx context.Context, path, accept string) (httpx.Answer, error) {
	req, err := httpx.NewRequest(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return httpx.Answer{}, err
	}
	req.Header["Accept"] = []string{accept}
	return c.do(req)
}

func (c *client) send(ctx context.Context, method, path, media string, body []byte) (httpx.Answer, error) {
	req, err := httpx.NewRequest(ctx, method, c.base+path, body)
	if err != nil {
		return httpx.Answer{}, err
	}
	req.Header["Accept"] = []string{mediaJSON}
	req.Header["Content-Type"] = []string{media}
	return c.do(req)
}

// The forms of what is asked for and sent.
const (
	mediaJSON           = "application/json"
	mediaMergePatch     = "application/merge-patch+json"
	mediaJSONPatch      = "application/json-patch+json"
	mediaStrategicPatch = "application/strategic-merge-patch+json"
)

// do sends a request. An error is: no answer, or not a whole one. A ThrottledError is: not sent.
func (c *client) do(req *http.Request) (httpx.Answer, error) {
	if err := req.Context().Err(); err != nil {
		return httpx.Answer{}, err
	}
	if err := c.limit.Wait(req.Context()); err != nil {
		return httpx.Answer{}, &controller.ThrottledError{Err: fmt.Errorf("not sent, too many requests wait for the driver's limit (%s): %w", c.rate, err)}
	}
	a, err := httpx.Do(c.http, req)
	if err != nil {
		return a, c.silence(err)
	}
	return a, nil
}

// silence says that a server did not answer.
func (c *client) silence(err error) error {
	if never := (*unsent)(nil); errors.As(err, &never) {
		return &controller.ThrottledError{Err: fmt.Errorf("not sent: %w", never.error)}
	}
	return fmt.Errorf("no answer from %s: %w%s", c.base, err, c.remedy(err))
}
