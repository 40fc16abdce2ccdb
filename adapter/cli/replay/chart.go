package replay

import (
	"fmt"
	"strings"
	"time"

	"alertscale/adapter/cli/internal/decisions"
	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// chart is the count of a ref over time, as a picture in the units of an SVG.
type chart struct {
	Width, Height, Bottom int // of all; Bottom: where the count is 0
	Bounds                []chartLine
	Count, Other          string // points of the lines of the count, and of that of the file that it is compared with
	Marks                 []chartMark
	Bands                 []chartBand
	Times                 []chartText
	Levels                []chartText
	More                  int // alerts that are not shown
}

type chartLine struct {
	Y    int
	Text string
}

type chartText struct {
	X, Y int
	Text string
}

type chartMark struct {
	X, Y        int
	Class, Text string
	Other       bool // of the file that it is compared with
}

type chartBand struct {
	X, Y, Width int
	Text        string
}

// The measures of a chart.
const (
	chartLeft  = 40
	chartRight = 960
	chartTop   = 14
	chartPlot  = 160 // the height of the count
	laneHeight = 8
	maxLanes   = 12
	maxMarks   = 2000
	chartTimes = 6
)

// newChart draws what became of a ref; nil: no count is known.
func newChart(o, against *outcome, ref string) *chart {
	all := []*outcome{o}
	if against != nil {
		all = append(all, against)
	}
	d := drawing{chart: &chart{Width: chartRight + chartLeft, Bottom: chartTop + chartPlot}, begin: o.begin, end: o.end, top: 1}
	known := false
	for _, one := range all {
		for _, p := range one.counts[ref] {
			d.top, known = max(d.top, p.Count), true
		}
	}
	if !known {
		return nil
	}
	d.bounds(o, ref)
	d.Count = d.steps(o.counts[ref])
	d.marks(o.of(ref), o.counts[ref], false)
	if against != nil {
		d.Other = d.steps(against.counts[ref])
		d.marks(against.of(ref), against.counts[ref], true)
	}
	d.axes()
	d.alerts(o.bands[ref])
	return d.chart
}

// drawing is a chart in the making.
type drawing struct {
	*chart
	begin, end time.Time
	top        int // the largest count
}

func (d *drawing) x(at time.Time) int {
	share := float64(at.Sub(d.begin)) / float64(max(d.end.Sub(d.begin), 1))
	return chartLeft + int(share*(chartRight-chartLeft))
}

func (d *drawing) y(count int) int { return d.Bottom - count*chartPlot/d.top }

// bounds draws the bounds that lie within the picture.
func (d *drawing) bounds(o *outcome, ref string) {
	t := o.targets[ref]
	if t == nil {
		return
	}
	d.top = max(d.top, t.Min)
	if t.Max <= 2*d.top {
		d.top = max(d.top, t.Max)
	}
	for _, b := range []struct {
		name string
		n    int
	}{{"min", t.Min}, {"max", t.Max}} {
		if b.n <= d.top {
			d.Bounds = append(d.Bounds, chartLine{d.y(b.n), fmt.Sprintf("%s %d", b.name, b.n)})
		}
	}
}

// steps returns the points of a line that goes on at one height until the next count.
func (d *drawing) steps(points []point) string {
	var b strings.Builder
	for i, p := range points {
		end := d.end
		if i+1 < len(points) {
			end = points[i+1].At
		}
		fmt.Fprintf(&b, "%d,%d %d,%d ", d.x(p.At), d.y(p.Count), d.x(end), d.y(p.Count))
	}
	return strings.TrimSpace(b.String())
}

// marks draws a mark for each decision, which tells why; of very many, for those that changed something.
func (d *drawing) marks(all []controller.DecisionRecord, points []point, other bool) {
	many := len(all) > maxMarks
	for i := range all {
		one := &all[i]
		if many && one.Verdict != engine.Scaled && one.Verdict != engine.DryRun || len(d.Marks) >= 2*maxMarks {
			continue
		}
		text := fmt.Sprintf("%s  %s\n%s", one.At.UTC().Format(stamp), decisions.Outline(&one.Decision), strings.Join(decisions.Reasons(&one.Decision), "\n"))
		d.Marks = append(d.Marks, chartMark{d.x(one.At), d.y(countAt(points, one.At)), class(one.Verdict), text, other})
	}
}

// countAt is the count at a time.
func countAt(points []point, at time.Time) (n int) {
	for _, p := range points {
		if p.At.After(at) {
			break
		}
		n = p.Count
	}
	return n
}

// axes writes times below, and counts on the left.
func (d *drawing) axes() {
	layout := "15:04"
	if d.end.Sub(d.begin) > 36*time.Hour {
		layout = "01-02 15:04"
	}
	for i := range chartTimes {
		at := d.begin.Add(d.end.Sub(d.begin) * time.Duration(i) / (chartTimes - 1))
		d.Times = append(d.Times, chartText{d.x(at), d.Bottom + 14, at.UTC().Format(layout)})
	}
	for _, n := range []int{0, d.top} {
		d.Levels = append(d.Levels, chartText{chartLeft - 6, d.y(n) + 4, fmt.Sprint(n)})
	}
}

// alerts draws the times in which alerts fired, each in a lane of its own.
func (d *drawing) alerts(ls *lanes) {
	y := d.Bottom + 24
	if ls != nil {
		d.More = max(0, len(ls.all)-maxLanes)
		for _, l := range ls.all[:min(len(ls.all), maxLanes)] {
			for _, s := range l.spans {
				d.Bands = append(d.Bands, d.band(l, s, y))
			}
			y += laneHeight + 2
		}
	}
	d.Height = y + 6
}

func (d *drawing) band(l *lane, s span, y int) chartBand {
	to, end := s.to, "the end"
	if to.IsZero() {
		to = d.end
	} else {
		end = to.UTC().Format(stamp)
	}
	x := d.x(s.from)
	return chartBand{x, y, max(2, d.x(to)-x), fmt.Sprintf("%s\n%s to %s", l.labels, s.from.UTC().Format(stamp), end)}
}
