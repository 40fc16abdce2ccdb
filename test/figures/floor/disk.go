// Package floor does what alertscale cannot do without, and nothing else: what it is measured against.
package floor

import (
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Disk does what every store does that is durable at each change, and no more.
type Disk struct{ file *os.File }

// Page is the size of a page in bytes.
const Page = 4096

const pages = 256 // of the file

// NewDisk makes a file in a folder. It is never closed: a process that measures ends soon.
func NewDisk(dir string) (Disk, error) {
	file, err := os.Create(filepath.Join(dir, "pages"))
	if err != nil {
		return Disk{}, err
	}
	if _, err = file.Write(make([]byte, pages*Page)); err != nil {
		return Disk{}, err
	}
	d := Disk{file}
	return d, d.Commit(2)
}

// Commit writes so many pages, here and there, and syncs them, the last one after the others, as it says where they are.
func (d Disk) Commit(n int) error {
	for i := range n {
		place := int64(0)
		if i < n-1 {
			place = 1 + rand.Int64N(pages-1)
		} else if err := datasync(d.file); err != nil {
			return err
		}
		if _, err := d.file.WriteAt(make([]byte, Page), place*Page); err != nil {
			return err
		}
	}
	return datasync(d.file)
}
