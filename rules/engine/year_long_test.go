//go:build !race

package engine

import "time"

// partOfYear is how long a part is at the least: of a hundred, which is what rapid runs, more than a year is made.
const partOfYear = 4 * 24 * time.Hour
