//go:build race

package engine

import "time"

// partOfYear is a short one where each step takes ten times as long. A cycle is used by one goroutine.
const partOfYear = 8 * time.Hour
