package swarm

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/moby/moby/api/types/swarm"
)

// service is one of the swarm's, as far as it is of use here. Its spec is kept as it came: it goes back
// with another number of replicas and is the same in all else.
type service struct {
	ID            string
	Version       swarm.Version
	Spec          json.RawMessage
	ServiceStatus *swarm.ServiceStatus // of the tasks; nil where the service came a moment ago

	known struct { // of the spec
		Name         string
		Labels       map[string]string
		Mode         swarm.ServiceMode
		TaskTemplate struct {
			ForceUpdate   uint64
			ContainerSpec *struct{ Image string }
		}
	}
}

// decodeServices reads a list of services. An error tells nothing of their specs, which may hold secrets.
func decodeServices(body []byte) ([]service, error) {
	var all []service
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, err
	}
	for i := range all {
		s := &all[i]
		if err := json.Unmarshal(s.Spec, &s.known); err != nil {
			return nil, err
		}
		if s.ID == "" || s.Version.Index == 0 {
			return nil, errors.New("a service of it has no ID or no version")
		}
	}
	return all, nil
}

// version guards a write: the swarm raises it with every change of the service.
func (s service) version() string { return strconv.FormatUint(s.Version.Index, 10) }

// replicas returns how many are asked for, or an error that says why there is no such number.
func (s service) replicas() (int, error) {
	switch m := s.known.Mode; {
	case m.Replicated != nil && m.Replicated.Replicas != nil:
		return int(*m.Replicated.Replicas), nil
	case m.Replicated != nil:
		return 1, nil // what the swarm makes of it
	case m.Global != nil:
		return 0, errors.New("it is a global service, which runs once on every node; only replicated services can be scaled")
	case m.ReplicatedJob != nil:
		return 0, errors.New("it is a job, whose tasks run to their end; only replicated services can be scaled")
	case m.GlobalJob != nil:
		return 0, errors.New("it is a global job, which runs to its end once on every node; only replicated services can be scaled")
	}
	return 0, errors.New("it is of a mode that is not known; only replicated services can be scaled")
}

// ready reports whether as many tasks run as are asked for. More may: those that are about to end count until
// they have, and those of a node that was lost for as long as a day.
func (s service) ready(replicas int) bool {
	return s.ServiceStatus != nil && s.ServiceStatus.RunningTasks >= uint64(replicas)
}

// scaled returns the spec with another number of replicas.
func (s service) scaled(replicas int) ([]byte, error) {
	return replace(s.Spec, strconv.Itoa(replicas), "Mode", "Replicated", "Replicas")
}

// replace returns an object of JSON with another value at a path of keys, and all else as it is.
func replace(object json.RawMessage, value string, path ...string) (json.RawMessage, error) {
	if len(path) == 0 {
		return json.RawMessage(value), nil
	}
	fields := map[string]json.RawMessage{}
	if len(object) > 0 && string(object) != "null" { // else it is not there so far
		if err := json.Unmarshal(object, &fields); err != nil {
			return nil, err
		}
	}
	inner, err := replace(fields[path[0]], value, path[1:]...)
	if err != nil {
		return nil, err
	}
	fields[path[0]] = inner
	return json.Marshal(fields)
}
