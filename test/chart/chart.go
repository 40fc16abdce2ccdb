// Package chart draws what a test has seen over time as an SVG for a page: readable on a light and on a dark screen, and
// the same for the same points.
package chart

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// Sizes in pixels. Panels are below each other.
const (
	width  = 760
	left   = 48  // of a panel: the room for the figures beside it
	right  = 16  //
	top    = 56  // the room for the title, and for what the lines are
	height = 150 // of a panel
	below  = 36  // the room for the figures below it
)

// A Chart has panels with one time axis, in seconds.
type Chart struct {
	Title  string
	Panels []Panel
	Bands  []Band
	End    float64 // of the time axis
}

// A Panel has lines with one axis of values, from 0.
type Panel struct {
	Title string
	Lines []Line
}

// A Line is values over time.
type Line struct {
	Name   string
	Points []Point
	Steps  bool // a value holds until the next one, and to the end
	Dashed bool // it is a goal, and in the background
}

// A Point is a value at a time.
type Point struct{ At, Value float64 }

// A Band is a time in which something was the case.
type Band struct {
	Name     string
	From, To float64
}

const style = `<style>
svg { --back: #fff; --text: #1f2328; --soft: #59636e; --grid: #d1d9e0; --band: #ddf4ff; --c0: #0969da; --c1: #bc4c00; --c2: #8250df }
@media (prefers-color-scheme: dark) {
  svg { --back: #0d1117; --text: #f0f6fc; --soft: #9198a1; --grid: #3d444d; --band: #121d2f; --c0: #4493f8; --c1: #f0883e; --c2: #ab7df8 }
}
text { font: 12px system-ui, sans-serif; fill: var(--soft) }
.title { font-size: 14px; fill: var(--text) }
.back { fill: var(--back) }
.band { fill: var(--band) }
.grid { stroke: var(--grid) }
.line { fill: none; stroke-width: 2; stroke-linejoin: round }
.c0 { stroke: var(--c0) } .c1 { stroke: var(--c1) } .c2 { stroke: var(--c2) }
.goal { fill: none; stroke: var(--soft); stroke-dasharray: 5 4 }
.end { text-anchor: end } .middle { text-anchor: middle }
</style>
`

// SVG draws it.
func (c Chart) SVG() string {
	var b strings.Builder
	total := len(c.Panels) * (top + height + below)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s">`+"\n", width, total, html.EscapeString(c.Title))
	b.WriteString(style)
	fmt.Fprintf(&b, `<rect class="back" width="%d" height="%d" rx="6"/>`+"\n", width, total)
	for i, p := range c.Panels {
		c.panel(&b, p, i*(top+height+below)+top)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// panel draws one, whose lines begin at a y.
func (c Chart) panel(b *strings.Builder, p Panel, y int) {
	most, step := p.scale()
	at := func(pt Point) (float64, float64) {
		return c.x(pt.At), float64(y+height) - float64(height)*pt.Value/most
	}
	for _, band := range c.Bands {
		from, to := c.x(band.From), c.x(band.To)
		fmt.Fprintf(b, `<rect class="band" x="%.1f" y="%d" width="%.1f" height="%d"/>`+"\n", from, y, to-from, height)
		fmt.Fprintf(b, `<text class="middle" x="%.1f" y="%d">%s</text>`+"\n", (from+to)/2, y+14, html.EscapeString(band.Name))
	}
	for value := 0.0; value <= most; value += step {
		_, line := at(Point{Value: value})
		fmt.Fprintf(b, `<path class="grid" d="M%d %.1fH%d"/><text class="end" x="%d" y="%.1f">%g</text>`+"\n", left, line, width-right, left-6, line+4, value)
	}
	c.seconds(b, y+height)
	fmt.Fprintf(b, `<text class="title" x="%d" y="%d">%s</text>`+"\n", left, y-32, html.EscapeString(p.Title))
	x, colour := left, 0
	for _, l := range p.Lines {
		class := "goal"
		if !l.Dashed {
			class = fmt.Sprintf("line c%d", colour%3)
			colour++
		}
		fmt.Fprintf(b, `<path class="%s" d="M%d %dh24"/><text x="%d" y="%d">%s</text>`+"\n", class, x, y-14, x+30, y-10, html.EscapeString(l.Name))
		x += 54 + 7*len(l.Name)
		fmt.Fprintf(b, `<path class="%s" d="%s"/>`+"\n", class, l.path(at, c.End))
	}
}

// x is where a time is.
func (c Chart) x(at float64) float64 { return left + float64(width-left-right)*at/c.End }

// seconds writes the time axis below a panel.
func (c Chart) seconds(b *strings.Builder, y int) {
	step := nice(c.End / 8)
	for at := 0.0; at <= c.End; at += step {
		fmt.Fprintf(b, `<text class="middle" x="%.1f" y="%d">%g s</text>`+"\n", c.x(at), y+18, at)
	}
}

// scale returns the end of the axis of values, and the distance of its figures.
func (p Panel) scale() (most, step float64) {
	for _, l := range p.Lines {
		for _, pt := range l.Points {
			most = max(most, pt.Value)
		}
	}
	step = nice(max(most, 1) / 4)
	return step * math.Ceil(max(most, 1)/step), step
}

// nice is the next of 1, 2, 5, 10, 20, 50 and so on.
func nice(least float64) float64 {
	for unit := 1.0; ; unit *= 10 {
		for _, step := range []float64{1, 2, 5} {
			if unit*step >= least {
				return unit * step
			}
		}
	}
}

// path is a line as SVG has it.
func (l Line) path(at func(Point) (float64, float64), end float64) string {
	var b strings.Builder
	for i, pt := range l.Points {
		x, y := at(pt)
		switch {
		case i == 0:
			fmt.Fprintf(&b, "M%.1f %.1f", x, y)
		case l.Steps:
			fmt.Fprintf(&b, "H%.1fV%.1f", x, y)
		default:
			fmt.Fprintf(&b, "L%.1f %.1f", x, y)
		}
	}
	if l.Steps && len(l.Points) > 0 {
		x, _ := at(Point{At: end})
		fmt.Fprintf(&b, "H%.1f", x)
	}
	return b.String()
}
