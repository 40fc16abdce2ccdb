package upgrade

// WorkloadStatus is what the API tells of a workload of an upgrade.
type WorkloadStatus struct {
	Ref      string `json:"ref"`
	Applied  string `json:"applied,omitempty"`  // the last push that was
	UnderWay bool   `json:"under_way,omitzero"` // a change was asked for, and is not known to be at its end
	Waits    bool   `json:"waits,omitzero"`     // for the push that is being carried out
}

// Status tells which push is being carried out, empty: none, and what is known of the workloads.
func (m *Machine) Status() (push string, all []WorkloadStatus) {
	if m.state.Push != nil {
		push = m.state.Push.String()
	}
	all = []WorkloadStatus{}
	for _, w := range m.state.Workloads {
		s := WorkloadStatus{Ref: w.Ref.String(), UnderWay: w.Intent != nil, Waits: w.Open}
		if w.Applied != nil {
			s.Applied = w.Applied.String()
		}
		all = append(all, s)
	}
	return push, all
}
