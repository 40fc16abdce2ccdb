package recording

import (
	"fmt"
	"io"
	"os"
)

// rotated is a file that gives way to another one. It is used by one goroutine.
type rotated struct {
	o    Options
	file *os.File // nil: it is to be opened again
	owes bool     // it is to give way
	bad  bool     // the last write failed
}

// open opens the file, behind what is there, and returns its size. What an earlier process left of a line is ended.
func (f *rotated) open() (size int64, err error) {
	file, err := os.OpenFile(f.o.Path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o640)
	if err != nil {
		return 0, err
	}
	if size, err = file.Seek(0, io.SeekEnd); err == nil && size > 0 {
		last := make([]byte, 1)
		if _, err = file.ReadAt(last, size-1); err == nil && last[0] != '\n' {
			_, err = file.Write([]byte{'\n'})
			size++
		}
	}
	if err != nil {
		file.Close()
		return 0, err
	}
	f.file = file
	return size, nil
}

// write writes a chunk, and reports whether it did. It tells of the first failure in a row, and of its end.
func (f *rotated) write(c *chunk) bool {
	f.owes = f.owes || c.first
	if err := f.put(c.text); err != nil {
		f.close()
		if !f.bad {
			f.bad = true
			f.o.Failed(err)
		}
		return false
	}
	if f.bad {
		f.bad = false
		f.o.Failed(nil)
	}
	return true
}

func (f *rotated) put(text []byte) error {
	if f.owes {
		f.close()
		if err := f.giveWay(); err != nil {
			return err
		}
		f.owes = false
	}
	if f.file == nil {
		if _, err := f.open(); err != nil {
			return err
		}
	}
	_, err := f.file.Write(text)
	return err
}

// giveWay moves the files on, and the last one away.
func (f *rotated) giveWay() error {
	if f.o.Files == 1 {
		return os.Remove(f.o.Path)
	}
	for n := f.o.Files - 1; n > 0; n-- {
		if err := os.Rename(f.earlier(n-1), f.earlier(n)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}

// earlier is the path of an earlier file; 0: the present one.
func (f *rotated) earlier(n int) string {
	if n == 0 {
		return f.o.Path
	}
	return fmt.Sprintf("%s.%d", f.o.Path, n)
}

func (f *rotated) close() {
	if f.file != nil {
		f.file.Close()
	}
	f.file = nil
}
