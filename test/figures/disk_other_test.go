//go:build !linux

package figures

import "os"

func datasync(f *os.File) error { return f.Sync() }
