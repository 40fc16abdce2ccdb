package rancher2

import (
	"errors"
	"fmt"
	"net/url"

	"alertscale/adapter/controller"
	"alertscale/rules"
)

// The kinds that a ref may have.
const (
	kindMachinePool = "machinePool"
	kindNodePool    = "nodePool"
)

// call is what is done about a ref.
type call struct {
	ref   rules.Ref
	write bool
}

// String names the pool.
func (c call) String() string { return c.ref.Kind + " " + c.ref.Namespace + "/" + c.ref.Name }

// valid refuses what is no pool.
func (c call) valid() error {
	if c.ref.Kind != kindMachinePool && c.ref.Kind != kindNodePool {
		return fmt.Errorf("%w: kind %q: of Rancher 2 there are %s and %s; the workloads of its clusters are for a driver of type kubernetes",
			controller.ErrNotFound, c.ref.Kind, kindMachinePool, kindNodePool)
	}
	if err := c.validParts(); err != nil {
		return fmt.Errorf("%w: %s: %w", controller.ErrInvalid, c, err)
	}
	return nil
}

func (c call) validParts() error {
	switch r := c.ref; {
	case r.Path != "":
		return fmt.Errorf("there is no path %s; leave it out", r.Path)
	case r.Name == "":
		return errors.New("a target needs a name, that of the pool")
	case r.Namespace == "":
		return errors.New("a pool is of a cluster; give the target its name as the namespace")
	case badPart(r.Namespace):
		return fmt.Errorf("%q is no name of a cluster", r.Namespace)
	case badPart(r.Name):
		return fmt.Errorf("%q is no name of a pool", r.Name)
	}
	return nil
}

// maxQuantity is the largest number that the APIs have room for.
const maxQuantity = 1<<31 - 1

// takes refuses a count that no pool can have.
func (c call) takes(count int) error {
	if count < 0 || count > maxQuantity {
		return fmt.Errorf("%w: %s: %d is no number of machines", controller.ErrInvalid, c, count)
	}
	return nil
}

// noQuantity tells of a pool of which nobody said how many machines it has.
func (c call) noQuantity() error {
	return fmt.Errorf("%w: %s: the pool has no quantity, so there is no count to begin with: set one in Rancher once", controller.ErrInvalid, c)
}

// clusterPath is that of the object that a machine pool is a part of, on the cluster that Rancher itself runs on.
func (d *Driver) clusterPath(c call) string {
	return "/k8s/clusters/local/apis/provisioning.cattle.io/v1/namespaces/" + url.PathEscape(d.namespace) +
		"/clusters/" + url.PathEscape(c.ref.Namespace)
}

// nodePoolPath is that of a node pool.
func (c call) nodePoolPath() string {
	return "/v3/nodePools/" + url.PathEscape(c.ref.Namespace+":"+c.ref.Name)
}
