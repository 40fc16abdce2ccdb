package yamldoc

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"
)

// IsTemplate reports whether a single value is written as a template.
func (n Node) IsTemplate() bool {
	y := resolve(n.y)
	return y.Kind == yaml.ScalarNode && strings.Contains(y.Value, "{{")
}

// Int reads a whole number of at least low. One at fault is 0, so that nothing else is said about it.
func (n Node) Int(low int) int {
	s, ok := n.Scalar()
	if !ok {
		return 0
	}
	v, err := strconv.Atoi(s)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		n.Faultf("%q is not a whole number", s)
		return 0
	case v < low:
		n.Faultf("is %s, want at least %d", s, low)
		return 0
	case v > math.MaxInt32:
		n.Faultf("is %s, want at most %d", s, math.MaxInt32)
		return 0
	}
	return v
}

// Bool reads true or false.
func (n Node) Bool() bool {
	s, ok := n.Scalar()
	if ok && s != "true" && s != "false" {
		n.Faultf("%q is neither true nor false", s)
	}
	return s == "true"
}

// Float reads a number above zero.
func (n Node) Float() float64 {
	s, ok := n.Scalar()
	v, err := strconv.ParseFloat(s, 64)
	if ok && (err != nil || !(v > 0) || v > 1e9) {
		n.Faultf("%q is not a number above 0", s)
		return 0
	}
	return v
}

// Fraction reads a number that is not below 0.
func (n Node) Fraction() *float64 {
	s, ok := n.Scalar()
	if !ok {
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || math.IsInf(f, 0) || math.IsNaN(f) {
		n.Faultf("%q is no number of at least 0, such as 0.1", s)
		return nil
	}
	return &f
}

// Duration reads a duration as Prometheus writes it: 30s, 5m, 1h30m, 2d.
func (n Node) Duration() time.Duration {
	d, _ := n.duration()
	return d
}

// DurationAbove0 reads a duration that is more than nothing. why ends the fault: it is empty, or a
// colon and what the duration is for.
func (n Node) DurationAbove0(why string) time.Duration {
	d, ok := n.duration()
	if ok && d <= 0 {
		n.Faultf("want more than 0s%s", why)
	}
	return d
}

func (n Node) duration() (d time.Duration, ok bool) {
	s, ok := n.Scalar()
	if !ok {
		return 0, false
	}
	v, err := model.ParseDuration(s)
	if err != nil {
		n.Faultf("%q is not a duration such as 30s, 5m or 1h30m", s)
	}
	return time.Duration(v), err == nil
}
