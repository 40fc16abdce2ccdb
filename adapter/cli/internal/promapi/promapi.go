// Package promapi asks a Prometheus, or what answers as one does, what it remembers.
package promapi

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"alertscale/adapter/cli/internal/api"
	"alertscale/rules"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/prometheus/common/model"
)

// MaxPoints is how many points a series may have in an answer of Prometheus.
const MaxPoints = 11_000

// stamp is how times are written in messages.
const stamp = "2006-01-02 15:04:05"

// Options say whom to ask, and how.
type Options struct {
	URL        string
	HTTPConfig string // a file of credentials and TLS, as Prometheus's tools take it; empty: none
	Timeout    time.Duration
	Warn       func(text string) // is told of warnings, such as that an answer is only a part
}

// Client asks one Prometheus.
type Client struct{ api *api.Client }

// New returns a client. It asks nothing yet.
func New(o Options) (*Client, error) {
	c, err := api.New(api.Options{URL: o.URL, HTTPConfig: o.HTTPConfig, Timeout: o.Timeout, Warn: o.Warn, Program: api.Program{
		Name: "Prometheus", Flag: "--prometheus", Example: "http://localhost:9090", TooLong: "take a longer --step", Brief: true,
		NotThere: "no Prometheus answers there: check --prometheus; where it is served under a path, --prometheus ends with that path",
	}})
	if err != nil {
		return nil, err
	}
	return &Client{c}, nil
}

// Address is where is asked, without a password.
func (c *Client) Address() string { return c.api.Address() }

// Series is a series of an answer.
type Series struct {
	Labels rules.Labels // but the name of a metric
	Points []Point
}

// Point is a value at a time.
type Point struct {
	At    int64 // in milliseconds since 1970
	Value float64
}

// Time is the time of a point.
func (p Point) Time() time.Time { return time.UnixMilli(p.At).UTC() }

// UnmarshalJSONFrom reads what Prometheus writes: [1795152285.25, "1"].
func (p *Point) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if open, err := dec.ReadToken(); err != nil || open.Kind() != '[' {
		return errors.Join(err, errors.New("a point is no array"))
	}
	at, err := dec.ReadToken()
	if err != nil || at.Kind() != '0' {
		return errors.Join(err, errors.New("the time of a point is no number"))
	}
	seconds, err := at.Float()
	if err != nil {
		return err
	}
	p.At = millis(seconds)
	text, err := dec.ReadToken()
	if err != nil || text.Kind() != '"' {
		return errors.Join(err, errors.New("the value of a point is no text"))
	}
	if p.Value, err = strconv.ParseFloat(text.String(), 64); err != nil {
		return err
	}
	_, err = dec.ReadToken()
	return err
}

// millis rounds seconds, of which a number cannot have all.
func millis(seconds float64) int64 { return int64(seconds*1000 + 0.5) }

// Seconds is a time as an expression gives it, in seconds since 1970.
func Seconds(value float64) time.Time { return time.UnixMilli(millis(value)).UTC() }

// Range is times in equal steps, the first and the last among them.
type Range struct {
	From, To time.Time
	Step     time.Duration
}

// Range returns what an expression gives at the times of a range.
func (c *Client) Range(ctx context.Context, expr string, r Range) ([]Series, error) {
	all, err := c.query(ctx, "/api/v1/query_range", "matrix", url.Values{
		"query": {expr}, "start": {seconds(r.From)}, "end": {seconds(r.To)}, "step": {strconv.FormatFloat(r.Step.Seconds(), 'f', -1, 64)},
	})
	if err != nil {
		return nil, fmt.Errorf("query %s from %s to %s: %w%s", expr, r.From.UTC().Format(stamp), r.To.UTC().Format(stamp), err, advice(err))
	}
	return all, nil
}

// At returns what an expression gives at a time, each series with one point.
func (c *Client) At(ctx context.Context, expr string, at time.Time) ([]Series, error) {
	all, err := c.query(ctx, "/api/v1/query", "vector", url.Values{"query": {expr}, "time": {seconds(at)}})
	if err != nil {
		return nil, fmt.Errorf("query %s at %s: %w%s", expr, at.UTC().Format(stamp), err, advice(err))
	}
	return all, nil
}

func seconds(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }

// advice says what to do about an answer that is none.
func advice(err error) string {
	refused, ok := errors.AsType[*api.Error](err)
	if ok && (refused.Code == http.StatusUnprocessableEntity || refused.Code == http.StatusServiceUnavailable) {
		return "; a longer --step, or a shorter range, asks for less"
	}
	return ""
}

func (c *Client) query(ctx context.Context, path, want string, query url.Values) ([]Series, error) {
	var data struct {
		ResultType string `json:"resultType"`
		Result     []struct {
			Metric map[string]string `json:"metric"`
			Values []Point           `json:"values"`
			Value  *Point            `json:"value"`
		} `json:"result"`
	}
	if err := c.api.Get(ctx, path, query, &data); err != nil {
		return nil, err
	}
	if data.ResultType != want {
		return nil, fmt.Errorf("the answer is a %q, want a %s", data.ResultType, want)
	}
	all := make([]Series, 0, len(data.Result))
	for _, r := range data.Result {
		s := Series{Points: r.Values}
		if r.Value != nil {
			s.Points = []Point{*r.Value}
		}
		for _, name := range slices.Sorted(maps.Keys(r.Metric)) {
			if name != model.MetricNameLabel {
				s.Labels = append(s.Labels, rules.Label{Name: name, Value: r.Metric[name]})
			}
		}
		all = append(all, s)
	}
	return all, nil
}
