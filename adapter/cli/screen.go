package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// screen shows the demo: a line for each decision, and under them a live line of load, count and the last
// decision. Where it is no terminal, the live line is written once for each five simulated minutes.
type screen struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	at       time.Duration // of the simulated world
	written  time.Duration // when the live line was last written to what is no terminal
	last     string
}

const clearLine = "\r\x1b[K"

func (s *screen) line(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.print(fmt.Sprintf(format, args...))
}

func (s *screen) print(text string) {
	if s.terminal {
		fmt.Fprint(s.out, clearLine)
	}
	fmt.Fprintln(s.out, text)
}

// decision shows a decision as it is logged. It is a go-kit logger.
func (s *screen) decision(keyvals ...any) error {
	fields := map[string]string{}
	for i := 0; i+1 < len(keyvals); i += 2 {
		value := keyvals[i+1]
		if value == nil {
			value = "unknown"
		}
		fields[fmt.Sprint(keyvals[i])] = fmt.Sprint(value)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if fields["msg"] != "decision" {
		s.print(fmt.Sprint(keyvals...))
		return nil
	}
	s.last = fmt.Sprintf("%s %s → %s, %q: %s", fields["verdict"], fields["from"], fields["to"], fields["rule"], fields["why"])
	s.print(fmt.Sprintf("%s  %s", clock(s.at), s.last))
	return nil
}

// status shows how the service does.
func (s *screen) status(at time.Duration, load float64, count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = at
	bar := strings.Repeat("█", count) + strings.Repeat("·", max(0, 12-count))
	text := fmt.Sprintf("%s  load %.2f %3.0f%%  %s %2d", clock(at), load, 100*load/float64(max(1, count)), bar, count)
	if s.terminal {
		fmt.Fprint(s.out, clearLine, fit(text+"  last: "+s.last))
		return
	}
	if s.written == 0 || at-s.written >= 5*time.Minute {
		s.written = at
		fmt.Fprintln(s.out, text)
	}
}

// fit cuts the live line so that it stays one.
func fit(text string) string {
	const width = 118
	if r := []rune(text); len(r) > width {
		return string(r[:width-1]) + "…"
	}
	return text
}

func (s *screen) end() {
	if s.terminal {
		fmt.Fprintln(s.out)
	}
}

// clock writes how much simulated time went by, as minutes and seconds.
func clock(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}
