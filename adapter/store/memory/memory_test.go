package memory_test

import (
	"testing"

	"alertscale/adapter/store/memory"
	"alertscale/adapter/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Store { return memory.New() })
}
