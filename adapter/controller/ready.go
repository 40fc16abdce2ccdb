package controller

// Ready returns nil: from its start an Adapter takes notifications, also while an API is down.
func (a *Adapter) Ready() error { return nil }
