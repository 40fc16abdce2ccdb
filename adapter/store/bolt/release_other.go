//go:build !linux

package bolt

import "go.etcd.io/bbolt"

func release(*bbolt.DB) {}
