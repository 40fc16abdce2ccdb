package demo

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// width is how many columns the demo needs at most.
const width = 80

// statusEvery is how often the live line is written to what is no terminal, in the simulated world.
const statusEvery = 5 * time.Minute

// screen shows the demo: a line for each event, and on a terminal under them a live line of load and count.
type screen struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	last     string // decision
}

const clearLine = "\r\x1b[K"

// kindWidth is room for what kind of event it is. Decisions have an arrow before their verdicts.
const kindWidth = len("> duplicate")

// line writes a line that is short enough as it is.
func (s *screen) line(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.print(text)
}

func (s *screen) print(text string) {
	if s.terminal {
		fmt.Fprint(s.out, clearLine)
	}
	fmt.Fprintln(s.out, text)
}

// event writes what happened, over as many lines as it takes.
func (s *screen) event(at time.Time, kind, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	head := fmt.Sprintf("%s  %-*s  ", clockTime(at), kindWidth, kind)
	for _, line := range wrap(text, width-utf8.RuneCountInString(head)) {
		s.print(head + line)
		head = strings.Repeat(" ", utf8.RuneCountInString(head))
	}
}

// decision writes what alertscale decided.
func (s *screen) decision(at time.Time, verdict, text string) {
	s.mu.Lock()
	s.last = "→ " + verdict + " " + text
	s.mu.Unlock()
	s.event(at, "→ "+verdict, text)
}

// status shows how the service does.
func (s *screen) status(at time.Time, load float64, count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bar := strings.Repeat("█", count) + strings.Repeat("·", max(0, 12-count))
	text := fmt.Sprintf("%s  %-*s  %.0f%%  %s %d", clockTime(at), kindWidth, "load", 100*load/float64(max(1, count)), bar, count)
	switch {
	case s.terminal:
		fmt.Fprint(s.out, clearLine, fit(text+"  "+s.last))
	case at.Truncate(statusEvery).Equal(at):
		fmt.Fprintln(s.out, text)
	}
}

// fit cuts the live line so that it stays one.
func fit(text string) string {
	if r := []rune(text); len(r) >= width {
		return string(r[:width-2]) + "…"
	}
	return text
}

// wrap breaks a text into lines of a width, at its spaces where it can.
func wrap(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		for utf8.RuneCountInString(word) > width {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			r := []rune(word)
			lines, word = append(lines, string(r[:width])), string(r[width:])
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

// end leaves the live line.
func (s *screen) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terminal {
		fmt.Fprint(s.out, clearLine)
	}
}

// clockTime writes a time of the simulated world.
func clockTime(at time.Time) string { return at.UTC().Format(time.TimeOnly) }
