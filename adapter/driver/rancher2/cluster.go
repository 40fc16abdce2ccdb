package rancher2

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
	"alertscale/rules/yamldoc"
)

// cluster is a clusters.provisioning.cattle.io, as far as it is of use here.
type cluster struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name       string  `json:"name"`
		UID        string  `json:"uid"`
		Generation int64   `json:"generation"`
		Deletion   *string `json:"deletionTimestamp"`
	} `json:"metadata"`
	Spec struct {
		RKEConfig *struct {
			MachinePools []machinePool `json:"machinePools"`
		} `json:"rkeConfig"`
	} `json:"spec"`
	Status struct {
		ObservedGeneration int64       `json:"observedGeneration"`
		Conditions         []condition `json:"conditions"`
	} `json:"status"`
}

type condition struct {
	Type    string `json:"type"`
	Status  string `json:"status"`
	Message string `json:"message"`
}

type machinePool struct {
	Name     string `json:"name"`
	Quantity *int   `json:"quantity"`
	Paused   bool   `json:"paused"`
	MinSize  *int   `json:"autoscalingMinSize"`
	MaxSize  *int   `json:"autoscalingMaxSize"`
}

// pool finds a pool that has a quantity. An error is permanent.
func (k *cluster) pool(c call) (index int, err error) {
	if k.Metadata.Deletion != nil { // and stays so until it is gone: nothing that is asked of it is done any more
		return 0, fmt.Errorf("%w: %s: the cluster is being deleted", controller.ErrNotFound, c)
	}
	if k.Spec.RKEConfig == nil {
		return 0, fmt.Errorf("%w: %s: Rancher did not make the machines of this cluster: it is imported, or hosted by a cloud, and is scaled there; of an RKE1 cluster take kind %s",
			controller.ErrInvalid, c, kindNodePool)
	}
	pools := k.Spec.RKEConfig.MachinePools
	index = slices.IndexFunc(pools, func(p machinePool) bool { return p.Name == c.ref.Name })
	if index < 0 {
		return 0, fmt.Errorf("%w: %s: %w", controller.ErrNotFound, c, noPool(c.ref.Name, pools))
	}
	if pools[index].Quantity == nil {
		return 0, c.noQuantity()
	}
	return index, nil
}

func noPool(name string, pools []machinePool) error {
	var names []string
	for _, p := range pools {
		names = append(names, p.Name)
	}
	if len(names) == 0 {
		return errors.New("the cluster has no machine pools: its machines were registered one by one")
	}
	return fmt.Errorf("the cluster has no machine pool %q%s; it has %s", name, yamldoc.Hint(name, names), strings.Join(names, ", "))
}

// obstacle returns why nothing can be done to a pool as it is; false where something can.
func (p machinePool) obstacle() (engine.Condition, bool) {
	switch {
	case p.MinSize != nil || p.MaxSize != nil:
		return engine.Condition{
			Type: engine.ConditionOwned,
			Text: "the pool has autoscalingMinSize and autoscalingMaxSize, between which cluster-autoscaler scales it; " +
				"remove both to let alertscale scale it",
		}, true
	case p.Paused:
		return engine.Condition{Type: engine.ConditionDisabled, Text: "the pool is paused in Rancher: unpause it"}, true
	}
	return engine.Condition{}, false
}

// ready reports whether all machines that are asked for are there and set up, of every pool: the cluster says
// nothing of one pool alone.
//
// Rancher copies the condition Ready of the cluster's RKEControlPlane into Updated and Provisioned (rancher/rancher,
// pkg/controllers/provisioningv2/provisioningcluster/controller.go, reconcileCondition). That is Unknown, with a
// message such as "configuring worker node(s) …", from when a new machine is there to be set up until it has
// applied its plan (pkg/capr/planner/planner.go, reconcile). Before that, the generation is observed
// (pkg/controllers/provisioningv2/cluster/controller.go, updateStatus). For the moments between, see settling. The
// cluster's own condition Ready is of its health as well: one whose agent is cut off has all its machines.
func (k *cluster) ready() bool {
	told := false
	for _, c := range k.Status.Conditions {
		if c.Type != "Updated" && c.Type != "Provisioned" {
			continue
		}
		if told = true; c.Status != "True" {
			return false
		}
	}
	return told && k.Status.ObservedGeneration >= k.Metadata.Generation
}

// waiting is what the server says that it waits for, or fails at, empty where it says nothing.
func (k *cluster) waiting() string {
	for _, c := range k.Status.Conditions {
		if c.Type == "Updated" && c.Status != "True" && c.Message != "" {
			return "the cluster is updating: " + oneLine(c.Message)
		}
	}
	return ""
}
