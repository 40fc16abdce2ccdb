// Package alertmanager looks alerts up at Alertmanager: whether one that was heard of a while ago still fires there.
package alertmanager

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	promconfig "github.com/prometheus/common/config"

	"alertscale/rules"
)

// DefaultTimeout is how long all that is asked for one answer may take.
const DefaultTimeout = 5 * time.Second

// Client asks the Alertmanagers of a file. It is safe for concurrent use.
type Client struct {
	servers []*server
	metrics *Metrics
	timeout time.Duration
}

// Options are what a client needs beside its block of the file.
type Options struct {
	Version string           // of alertscale
	Logger  log.Logger       // nil: nothing is logged
	Metrics *Metrics         // nil: nothing is counted
	Now     func() time.Time // nil: the clock
	Timeout time.Duration    // 0: DefaultTimeout
}

func (o *Options) setDefaults() {
	if o.Logger == nil {
		o.Logger = log.NewNopLogger()
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(prometheus.NewRegistry())
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
}

// New returns a client for a block of the file that is without fault. It asks nothing yet. Files of secrets have to be
// there; what they hold is read for each request.
func New(c *Config, o Options) (*Client, error) {
	o.setDefaults()
	if err := checkFiles(c); err != nil {
		return nil, err
	}
	agent := promconfig.WithUserAgent("alertscale/" + o.Version)
	shared, err := promconfig.NewClientFromConfig(c.HTTP, "alertmanager", agent)
	if err != nil {
		return nil, err
	}
	client := &Client{metrics: o.Metrics, timeout: o.Timeout}
	for _, url := range c.URLs {
		client.servers = append(client.servers, newServer(url, shared, c.keep(), o))
	}
	return client, nil
}

func checkFiles(c *Config) error {
	files := map[string]string{}
	if a := c.HTTP.BasicAuth; a != nil {
		files["basic_auth: username_file"], files["basic_auth: password_file"] = a.UsernameFile, a.PasswordFile
	}
	if a := c.HTTP.Authorization; a != nil {
		files["authorization: credentials_file"] = a.CredentialsFile
	}
	for key, file := range files {
		if file == "" {
			continue
		}
		if _, err := os.ReadFile(file); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// Ask returns for each alert, which its labels stand for, what the Alertmanagers say of it. Those that do not answer, that
// started a short while ago, or that have not answered when ctx or the timeout ends, say nothing.
func (c *Client) Ask(ctx context.Context, alerts []rules.Labels) []rules.Lookup {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	list := questions(alerts)
	said := make([][]rules.Lookup, len(c.servers))
	var all sync.WaitGroup
	for i, s := range c.servers {
		said[i] = make([]rules.Lookup, len(alerts))
		all.Go(func() { s.ask(ctx, list, said[i]) })
	}
	all.Wait()
	answers := make([]rules.Lookup, len(alerts))
	for _, one := range said {
		for i := range answers {
			answers[i] = max(answers[i], one[i])
		}
	}
	c.metrics.count(answers)
	return answers
}
