package promapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"alertscale/adapter/cli/internal/api"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"
)

// DefaultInterval is how long a Prometheus waits between evaluations that is not told.
const DefaultInterval = time.Minute

// Settings is what the configuration of a Prometheus says of its alerts.
type Settings struct {
	Interval  time.Duration     // between evaluations, of rules whose group has none of its own
	External  map[string]string // labels that are added to alerts when they are sent
	Dropped   []*regexp.Regexp  // names of labels that are then taken off, as an operator's configuration says of prometheus_replica
	Relabeled bool              // alert_relabel_configs change alerts in other ways, too
}

// ErrNoSettings is of something that shows no configuration, as others than Prometheus do.
var ErrNoSettings = errors.New("it shows no configuration")

// Settings asks for the configuration.
func (c *Client) Settings(ctx context.Context) (Settings, error) {
	var data struct {
		YAML string `json:"yaml"`
	}
	err := c.api.Get(ctx, "/api/v1/status/config", nil, &data)
	if refused, ok := errors.AsType[*api.Error](err); ok && refused.Code != 401 && !refused.TLS {
		return Settings{}, fmt.Errorf("%w: %w", ErrNoSettings, err)
	}
	if err != nil {
		return Settings{}, err
	}
	return parseSettings(data.YAML)
}

// parseSettings reads a configuration, as far as it is of interest.
func parseSettings(text string) (Settings, error) {
	var file struct {
		Global struct {
			Interval model.Duration    `yaml:"evaluation_interval"`
			External map[string]string `yaml:"external_labels"`
		}
		Alerting struct {
			Relabel []struct{ Action, Regex string } `yaml:"alert_relabel_configs"`
		}
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		return Settings{}, fmt.Errorf("%w: %w", ErrNoSettings, err)
	}
	s := Settings{Interval: cmp.Or(time.Duration(file.Global.Interval), DefaultInterval), External: file.Global.External}
	for _, r := range file.Alerting.Relabel {
		pattern, err := regexp.Compile("^(?s:" + r.Regex + ")$")
		if r.Action != "labeldrop" || err != nil {
			s.Relabeled = true
			continue
		}
		s.Dropped = append(s.Dropped, pattern)
	}
	return s, nil
}
