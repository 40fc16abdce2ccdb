package demo

import (
	"time"
)

// startCount is how many replicas the simulated service has at the start. Each requests one CPU.
const startCount = 3

// at is a load, in the CPUs that the service would use, that is reached at a time of an hour.
type at struct{ minute, load float64 }

// day is the load of the simulated service; between two times it changes evenly. The first rush and the second bring
// DeploymentBusy, the quiet after each DeploymentIdle.
func day() []at {
	return []at{{0, 1.6}, {3, 1.6}, {4, 2.7}, {11, 2.7}, {12, 1}, {33, 1}, {34, 5.4}, {38, 5.4}, {39, 2}, {57, 2}, {60, 1.6}}
}

// loadAt is the load so long after the start. Each hour is as the first.
func loadAt(past time.Duration) float64 {
	minute := (past % time.Hour).Minutes()
	points := day()
	for i, to := range points[1:] {
		if minute <= to.minute {
			from := points[i]
			return from.load + (to.load-from.load)*(minute-from.minute)/(to.minute-from.minute)
		}
	}
	return points[0].load
}
