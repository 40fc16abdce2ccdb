package controller

import (
	"context"

	"alertscale/rules"
	"alertscale/rules/upgrade"
)

// Upgrader is a Driver that changes the images of workloads. It is never asked twice at a time for one upgrade, and makes no
// retries of a write.
type Upgrader interface {
	// FindWorkloads lists the workloads that have the labels of a selector, in its namespace where it has one, each without the
	// name of the driver. Of very many it lists some more than upgrade.MaxWorkloads.
	FindWorkloads(ctx context.Context, w upgrade.Where) ([]rules.Ref, error)
	// ReadWorkload reads the images of a workload, and whether it takes an upgrade now.
	ReadWorkload(ctx context.Context, ref rules.Ref) (upgrade.Workload, error)
	// Upgrade gives containers of a workload their new images, if nothing about it changed since c.Version (where the API has
	// no versions: if it still takes an upgrade), else it returns ErrConflict.
	Upgrade(ctx context.Context, ref rules.Ref, c upgrade.Change) error
}

// Finisher is an Upgrader whose upgrades are to be finished once they are upgrade.Upgraded.
type Finisher interface {
	// FinishUpgrade ends the upgrade of a workload, so that there is no way back. Where there is none to be finished it returns
	// ErrConflict.
	FinishUpgrade(ctx context.Context, ref rules.Ref) error
}
