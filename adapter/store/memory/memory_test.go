package memory_test

import (
	"testing"

	"alertscale/adapter"
	"alertscale/adapter/store/memory"
	"alertscale/adapter/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) adapter.Store { return memory.New() })
}
