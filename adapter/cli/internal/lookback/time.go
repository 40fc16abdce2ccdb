package lookback

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
)

// parseTime reads a time of a flag: as in RFC 3339, a day, seconds since 1970, how long ago it was, or now.
func parseTime(flag, text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC().Truncate(time.Millisecond), nil
		}
	}
	if s, err := strconv.ParseFloat(text, 64); err == nil && s > 0 && s < math.MaxInt32*100 {
		return time.UnixMilli(int64(s * 1000)).UTC(), nil
	}
	if text == "now" {
		return now.UTC().Truncate(time.Second), nil
	}
	if ago, err := model.ParseDuration(text); err == nil {
		return now.Add(-time.Duration(ago)).UTC().Truncate(time.Second), nil
	}
	return time.Time{}, fmt.Errorf("%s %q is no time: want one as in RFC 3339, such as 2026-03-01T00:00:00Z, a day such as 2026-03-01, seconds since 1970, "+
		"or how long ago it was, such as 30d", flag, text)
}

// progress tells of what takes long.
type progress struct {
	out  interface{ Write([]byte) (int, error) }
	now  func() time.Time
	said time.Time
}

// sayEvery is how long somebody waits for a word.
const sayEvery = 3 * time.Second

// asked says, if nothing was said for a while, how many of all queries of a kind are answered, and up to when.
func (p *progress) asked(what string, n, of int, until time.Time) {
	if now := p.now(); now.Sub(p.said) >= sayEvery {
		p.said = now
		fmt.Fprintf(p.out, "%s: %d of %d queries are answered, up to %s\n", what, n, of, until.UTC().Format(time.DateTime))
	}
}
