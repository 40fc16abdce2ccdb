package replay

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// The size of a plot, so that a line has 80 columns.
const (
	plotWidth  = 72
	plotHeight = 8
)

// eighths fill a part of a line from below.
var eighths = []rune(" ▁▂▃▄▅▆▇█")

// plot draws a count over time, from 0 up. A column shows the largest count of its time.
func (o *outcome) plot(w io.Writer, points []point) {
	switch len(points) {
	case 0:
		return
	case 1:
		fmt.Fprintf(w, "  %d all the time\n", points[0].Count)
		return
	}
	columns := o.columns(points)
	top := 1
	for _, n := range columns {
		top = max(top, n)
	}
	height := min(plotHeight, top)
	for row := height; row > 0; row-- {
		label := ""
		switch {
		case row == height:
			label = fmt.Sprint(top)
		case row == 1 && top == height:
			label = "1"
		}
		fmt.Fprintf(w, "%6s %s\n", label, strings.TrimRight(line(columns, row, height, top), " "))
	}
	fmt.Fprintf(w, "%6s %s\n", "0", strings.Repeat("─", plotWidth))
	begin, end := o.begin.UTC().Format(stamp), o.end.UTC().Format(stamp)
	fmt.Fprintf(w, "%7s%s%*s\n", "", begin, plotWidth-len(begin), end)
}

// columns are the largest counts of equal parts of the time; -1: none was known.
func (o *outcome) columns(points []point) []int {
	columns := make([]int, plotWidth)
	for i := range columns {
		columns[i] = -1
	}
	for i, p := range points {
		end := o.end
		if i+1 < len(points) {
			end = points[i+1].At
		}
		last := o.column(end)
		if last > 0 && i+1 < len(points) && !end.After(o.columnStart(last)) { // it ends where the next column begins
			last--
		}
		for c := o.column(p.At); c <= max(last, o.column(p.At)); c++ {
			columns[c] = max(columns[c], p.Count)
		}
	}
	return columns
}

func (o *outcome) column(at time.Time) int {
	return min(plotWidth-1, int(at.Sub(o.begin)*plotWidth/max(o.end.Sub(o.begin), 1)))
}

func (o *outcome) columnStart(c int) time.Time {
	return o.begin.Add(o.end.Sub(o.begin) * time.Duration(c) / plotWidth)
}

// line draws a line of a plot, by eighths of it.
func line(columns []int, row, height, top int) string {
	b := make([]rune, len(columns))
	for i, n := range columns {
		filled := max(n, 0)*height*8/top - (row-1)*8
		b[i] = eighths[min(max(filled, 0), 8)]
	}
	return string(b)
}
