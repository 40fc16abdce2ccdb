package recording

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// Recording is what was recorded, in the order of the times.
type Recording struct {
	Lines []Line
	// Bad tells of lines that could not be read, as FILE:LINE: why: a process that was killed may leave a part of one.
	Bad []string
}

// Read reads files, of which - is in. They may come in any order: what was recorded is ordered by its times.
func Read(paths []string, in io.Reader) (*Recording, error) {
	r := &Recording{}
	for _, path := range paths {
		text, err := readAll(path, in)
		if err != nil {
			return nil, fmt.Errorf("read the recording: %w", err)
		}
		r.add(path, text)
	}
	slices.SortStableFunc(r.Lines, func(a, b Line) int { return a.At.Compare(b.At) })
	return r, nil
}

func readAll(path string, in io.Reader) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(in)
	}
	return os.ReadFile(path)
}

// add takes the lines of a file, which share its memory.
func (r *Recording) add(path string, text []byte) {
	payloads := map[int64][]byte{} // by the time, in nanoseconds
	for n := 1; len(text) > 0; n++ {
		line := text
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			line, text = text[:i], text[i+1:]
		} else {
			text = nil
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		l, err := parseLine(line)
		if err == nil {
			err = l.complete(payloads)
		}
		if err != nil {
			r.Bad = append(r.Bad, fmt.Sprintf("%s:%d: %s", path, n, strings.TrimPrefix(err.Error(), "jsontext: ")))
			continue
		}
		r.Lines = append(r.Lines, l)
	}
}

// complete gives a line that repeats another one of the file its payload.
func (l *Line) complete(payloads map[int64][]byte) error {
	switch {
	case l.Payload != nil && l.Hook == "":
		payloads[l.At.UnixNano()] = l.Payload
	case !l.Again.IsZero():
		if l.Payload = payloads[l.Again.UnixNano()]; l.Payload == nil {
			return fmt.Errorf("it repeats what came at %s, which the file has not", l.Again.Format(time.RFC3339Nano))
		}
		l.Again = time.Time{}
	}
	return nil
}
