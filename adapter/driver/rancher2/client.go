package rancher2

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"k8s.io/client-go/rest"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/block"
	"alertscale/adapter/driver/internal/httpx"
)

// client sends requests to one Rancher server, each exactly once. It uses client-go's transport, and not its
// REST client, which asks again by itself where an answer has Retry-After.
type client struct {
	base        string // https://host, with the path that the server is behind, if any
	agent       string // User-Agent
	http        *http.Client
	credentials credentials
	now         func() time.Time
}

// newClient takes a complete Config.
func newClient(cfg Config, o Options) (*client, error) {
	shown, err := newCredentials(cfg)
	if err != nil {
		return nil, err
	}
	if _, err := block.ReadCA(cfg.CAFile); err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	t, err := rest.TransportFor(&rest.Config{Host: cfg.URL, TLSClientConfig: rest.TLSClientConfig{CAFile: cfg.CAFile}})
	if err != nil {
		return nil, fmt.Errorf("url %s: %s", cfg.URL, oneLine(err.Error()))
	}
	return &client{
		base: cfg.URL, agent: o.Agent(), credentials: shown, now: o.Now, http: httpx.NewClient(t),
	}, nil
}

const (
	mediaJSON  = "application/json"
	mediaPatch = "application/json-patch+json"
)

func (c *client) get(ctx context.Context, path string) (httpx.Answer, error) {
	return c.send(ctx, http.MethodGet, path, "", nil)
}

// send sends a request. An error is: no answer, or not a whole one. A ThrottledError is: not sent.
func (c *client) send(ctx context.Context, method, path, media string, body []byte) (httpx.Answer, error) {
	if err := ctx.Err(); err != nil {
		return httpx.Answer{}, err
	}
	token, err := c.credentials.current()
	if err != nil {
		c.credentials.refused(c.now())
		return httpx.Answer{}, &controller.ThrottledError{Err: fmt.Errorf("not sent to %s: %w", c.base, err)}
	}
	req, err := httpx.NewRequest(ctx, method, c.base+path, body)
	if err != nil {
		return httpx.Answer{}, err
	}
	if media != "" {
		req.Header.Set("Content-Type", media)
	}
	req.Header.Set("Authorization", "Bearer "+string(token))
	req.Header.Set("Accept", mediaJSON)
	req.Header.Set("User-Agent", c.agent)
	begun := c.now()
	a, err := httpx.Do(c.http, req)
	if err != nil {
		return a, c.silence(err)
	}
	if a.Code == http.StatusUnauthorized {
		c.credentials.refused(begun)
	}
	return a, nil
}

// silence says that a server did not answer, and what may help.
func (c *client) silence(err error) error {
	remedy := ""
	switch text := err.Error(); {
	case strings.Contains(text, "x509: "):
		remedy = "; ca_file must hold who signed the certificate of the server, and url the name that it is for"
	case strings.Contains(text, "HTTP response to HTTPS client"):
		remedy = "; it does not speak TLS there: make the url http://…, or correct its port"
	}
	return fmt.Errorf("no answer from %s: %w%s", c.base, err, remedy)
}
