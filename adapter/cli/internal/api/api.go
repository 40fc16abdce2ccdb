// Package api asks a running alertscale, or another program whose API answers in the same envelope, as Prometheus's does.
package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/version"
)

// DefaultTimeout is how long one answer may take where options say nothing.
const DefaultTimeout = 30 * time.Second

// maxAnswer bounds an answer.
const maxAnswer = 256 << 20

// Options say whom to ask, and how.
type Options struct {
	// URL is the address of an alertscale, with the path that it is served under, if any.
	URL string
	// HTTPConfig is a file of credentials and TLS, as Prometheus's tools take it under --http.config.file; empty: none.
	HTTPConfig string
	// Timeout is how long one answer may take; default DefaultTimeout.
	Timeout time.Duration
	// SkipVerify takes any certificate.
	SkipVerify bool
	// Warn is told of each warning of an answer; nil: nobody is.
	Warn func(text string)
	// Program is whom messages tell of; zero: Alertscale.
	Program Program
}

// Program is how messages call whom is asked, and what they say to do.
type Program struct {
	Name     string // alertscale
	Flag     string // that says where it is
	Also     string // what else may say that, in brackets
	Example  string // an address
	TooLong  string // what to do about an answer that is too long
	NotThere string // what to do where it is not under its address
	// Brief says that who asks tells what for, so that messages leave the query out.
	Brief bool
}

// Alertscale is the program itself.
func Alertscale() Program {
	return Program{
		Name: "alertscale", Flag: "--url", Also: " (or ALERTSCALE_URL)", Example: "http://localhost:9098", TooLong: "ask for less, with --limit or --since",
		NotThere: "no alertscale is served there: check --url (or ALERTSCALE_URL); where a proxy or a route prefix puts it under a path, " +
			"--url ends with that path",
	}
}

// Client asks one alertscale.
type Client struct {
	base    *url.URL
	http    *http.Client
	options Options
	shows   bool // credentials, of the file
}

// New returns a client. It asks nothing yet.
func New(o Options) (*Client, error) {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Program == (Program{}) {
		o.Program = Alertscale()
	}
	base, err := o.Program.parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	cfg := promconfig.DefaultHTTPClientConfig
	if o.HTTPConfig != "" {
		read, _, err := promconfig.LoadHTTPConfigFile(o.HTTPConfig)
		if err != nil {
			return nil, fmt.Errorf("--http.config.file %s: %w", o.HTTPConfig, err)
		}
		cfg = *read
	}
	cfg.TLSConfig.InsecureSkipVerify = cfg.TLSConfig.InsecureSkipVerify || o.SkipVerify
	client, err := promconfig.NewClientFromConfig(cfg, "alertscale", promconfig.WithUserAgent("alertscale/"+version.Version))
	if err != nil {
		return nil, fmt.Errorf("--http.config.file %s: %w", o.HTTPConfig, err)
	}
	client.Timeout = o.Timeout
	shows := cfg.BasicAuth != nil || cfg.Authorization != nil || cfg.OAuth2 != nil
	return &Client{base, client, o, shows}, nil
}

// parseURL reads an address; http:// may be left out.
func (p *Program) parseURL(address string) (*url.URL, error) {
	full := address
	if !strings.Contains(full, "://") {
		full = "http://" + full
	}
	u, err := url.Parse(full)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%s %q is no address such as %s", p.Flag, address, p.Example)
	}
	u.RawQuery, u.Fragment = "", ""
	return u, nil
}

// Address is where is asked, without a password.
func (c *Client) Address() string { return c.base.Redacted() }

// Get reads the data of a path of the API into to. What it returns is an *Error where there was an answer.
func (c *Client) Get(ctx context.Context, path string, query url.Values, to any) error {
	return c.ask(ctx, http.MethodGet, path, query, nil, to)
}

// Post posts a body, as JSON, to a path of the API. What it returns is an *Error where there was an answer.
func (c *Client) Post(ctx context.Context, path string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.ask(ctx, http.MethodPost, path, nil, text, &struct{}{})
}

// Text reads what is at a path that is none of the API, and answers in plain text.
func (c *Client) Text(ctx context.Context, path string) (string, error) {
	a, err := c.send(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(string(a.body))
	switch a.code {
	case http.StatusOK:
		return text, nil
	case http.StatusNotFound:
		return "", c.refused(a, "")
	default:
		return "", c.refused(a, text)
	}
}

func (c *Client) ask(ctx context.Context, method, path string, query url.Values, body []byte, to any) error {
	a, err := c.send(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	var e envelope
	fault := json.Unmarshal(a.body, &e)
	if a.code != http.StatusOK {
		return c.refused(a, e.Error)
	}
	if fault == nil && e.Status == "success" {
		fault = json.Unmarshal(e.Data, to)
	}
	if c.options.Warn != nil {
		for _, text := range e.Warnings {
			c.options.Warn(text)
		}
	}
	if fault != nil || e.Status != "success" {
		p := c.options.Program
		return fmt.Errorf("%s: this is no answer of %s: check %s; it begins with %.60q", a.asked, p.Name, p.Flag, a.body)
	}
	return nil
}

// answer is what came back.
type answer struct {
	asked string // for people: GET http://localhost:9098/api/v1/targets
	code  int
	body  []byte
}

func (c *Client) send(ctx context.Context, method, path string, query url.Values, body []byte) (*answer, error) {
	at := c.base.JoinPath(path)
	asked := at.Redacted()
	if at.RawQuery = query.Encode(); !c.options.Program.Brief {
		asked = at.Redacted()
	}
	a := &answer{asked: method + " " + asked}
	req, err := http.NewRequestWithContext(ctx, method, at.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(a.asked, err)
	}
	defer resp.Body.Close()
	a.code = resp.StatusCode
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(a.body) > maxAnswer {
		err = errors.New("the answer is too long: " + c.options.Program.TooLong)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.asked, err)
	}
	return a, nil
}
