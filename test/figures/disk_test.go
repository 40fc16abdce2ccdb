package figures

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// disk does what every store does that is durable at each change, and no more.
type disk struct{ file *os.File }

const (
	page  = 4096
	pages = 256 // of the file
)

func newDisk(t *testing.T) disk {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "pages"))
	require.NoError(t, err)
	t.Cleanup(func() { file.Close() })
	_, err = file.Write(make([]byte, pages*page))
	require.NoError(t, err)
	d := disk{file}
	require.NoError(t, d.commit(2))
	return d
}

// commit writes so many pages, here and there, and syncs them, the last one after the others, as it says where they are.
func (d disk) commit(n int) error {
	for i := range n {
		place := int64(0)
		if i < n-1 {
			place = 1 + rand.Int64N(pages-1)
		} else if err := datasync(d.file); err != nil {
			return err
		}
		if _, err := d.file.WriteAt(make([]byte, page), place*page); err != nil {
			return err
		}
	}
	return datasync(d.file)
}
