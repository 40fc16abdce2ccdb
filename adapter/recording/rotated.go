package recording

import (
	"fmt"
	"io"
	"maps"
	"os"
	"time"
)

// rotated is a file that gives way to another one when it is large. It is used by one goroutine.
type rotated struct {
	o      Options
	file   *os.File // nil: it is to be opened again
	size   int64
	bad    bool           // the last write failed
	counts map[string]int // the last ones that were told
}

func newRotated(o Options) *rotated { return &rotated{o: o, counts: map[string]int{}} }

// open opens the file, behind what is there. What an earlier process left of a line is ended.
func (f *rotated) open() error {
	file, err := os.OpenFile(f.o.Path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o640)
	if err != nil {
		return err
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err == nil && size > 0 {
		last := make([]byte, 1)
		if _, err = file.ReadAt(last, size-1); err == nil && last[0] != '\n' {
			_, err = file.Write([]byte{'\n'})
			size++
		}
	}
	if err != nil {
		file.Close()
		return err
	}
	f.file, f.size = file, size
	return nil
}

// write writes a chunk, to another file where this one is full, and reports whether it did.
func (f *rotated) write(c *chunk) bool {
	if err := f.put(c); err != nil {
		f.fail(err)
		return false
	}
	if f.bad {
		f.bad = false
		f.o.Failed(nil)
	}
	return true
}

func (f *rotated) put(c *chunk) error {
	if f.file == nil {
		if err := f.open(); err != nil {
			return err
		}
	}
	if f.size > 0 && f.size+int64(len(c.text)) > f.o.MaxBytes {
		if err := f.rotate(c.at); err != nil {
			return err
		}
	}
	maps.Copy(f.counts, c.counts)
	n, err := f.file.Write(c.text)
	f.size += int64(n)
	return err
}

// rotate begins another file at a time, with the counts that were last told, so that it can be replayed by itself.
func (f *rotated) rotate(at time.Time) error {
	f.close()
	for n := f.o.Files - 1; n > 0; n-- {
		if err := os.Rename(f.earlier(n-1), f.earlier(n)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	if f.o.Files == 1 {
		if err := os.Remove(f.o.Path); err != nil {
			return err
		}
	}
	if err := f.open(); err != nil || len(f.counts) == 0 {
		return err
	}
	l := Line{At: at, Counts: f.counts}
	n, err := f.file.Write(l.Append(nil))
	f.size += int64(n)
	return err
}

// earlier is the path of an earlier file; 0: the present one.
func (f *rotated) earlier(n int) string {
	if n == 0 {
		return f.o.Path
	}
	return fmt.Sprintf("%s.%d", f.o.Path, n)
}

// fail gives the file up until the next line, and tells of the first failure in a row.
func (f *rotated) fail(err error) {
	f.close()
	if !f.bad {
		f.bad = true
		f.o.Failed(err)
	}
}

func (f *rotated) close() {
	if f.file != nil {
		f.file.Close()
	}
	f.file = nil
}
