package figures

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// disk does what every store does that is durable at each change, and no more.
type disk struct{ file *os.File }

const page = 4096

func newDisk(t *testing.T) disk {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "pages"))
	require.NoError(t, err)
	t.Cleanup(func() { file.Close() })
	d := disk{file}
	require.NoError(t, d.commit())
	return d
}

// commit writes a page and syncs it, and then another that says where the first is.
func (d disk) commit() error {
	for i := range int64(2) {
		if _, err := d.file.WriteAt(make([]byte, page), i*page); err != nil {
			return err
		}
		if err := datasync(d.file); err != nil {
			return err
		}
	}
	return nil
}
