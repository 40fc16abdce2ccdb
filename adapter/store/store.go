// Package store opens the store that --storage names.
package store

import (
	"fmt"
	"strings"

	"alertscale/adapter/controller"
	"alertscale/adapter/store/bolt"
	"alertscale/adapter/store/memory"
)

// Open opens a store: memory: or file:PATH.
func Open(storage string) (controller.Store, error) {
	scheme, path, _ := strings.Cut(storage, ":")
	switch {
	case scheme == "memory" && path == "":
		return memory.New(), nil
	case scheme == "file" && path != "":
		return bolt.Open(path)
	case scheme == "kubernetes" || scheme == "etcd":
		return nil, fmt.Errorf("--storage=%s is not supported yet; there are file:PATH and memory:", storage)
	default:
		return nil, fmt.Errorf("--storage=%s is no storage; there are file:PATH, such as file:data/alertscale.db, and memory:", storage)
	}
}
