// Package store opens the store that --storage names.
package store

import (
	"fmt"
	"io"
	"strings"

	"alertscale/adapter/controller"
	"alertscale/adapter/store/bolt"
	"alertscale/adapter/store/memory"
)

// Store is a store that is open. Whoever opened it closes it.
type Store interface {
	controller.Store
	io.Closer
}

// Open opens a store: memory: or file:PATH.
func Open(storage string) (Store, error) {
	scheme, path, _ := strings.Cut(storage, ":")
	switch {
	case scheme == "memory" && path == "":
		return memory.New(), nil
	case scheme == "file" && path != "":
		return openFile(path)
	case scheme == "kubernetes" || scheme == "etcd":
		return nil, fmt.Errorf("--storage=%s is not supported yet; there are file:PATH and memory:", storage)
	default:
		return nil, fmt.Errorf("--storage=%s is no storage; there are file:PATH, such as file:data/alertscale.db, and memory:", storage)
	}
}

// openFile keeps a nil *bolt.Store from becoming a Store that is not nil.
func openFile(path string) (Store, error) {
	s, err := bolt.Open(path)
	if err != nil {
		return nil, err
	}
	return s, nil
}
