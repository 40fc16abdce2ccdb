package bolt

import (
	"syscall"

	"go.etcd.io/bbolt"
)

// release lets the system take back the pages of the file that were read through its map: after all of it was read they
// would count as memory of the process for as long as it lives. They are read again when they are wanted.
func release(db *bbolt.DB) {
	_ = db.View(func(tx *bbolt.Tx) error { // during which the map stays where it is
		_, _, err := syscall.Syscall(syscall.SYS_MADVISE, db.Info().Data, uintptr(tx.Size()), syscall.MADV_DONTNEED)
		return err
	}) // nothing is lost where it fails
}
