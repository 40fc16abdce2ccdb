package rules

// Lookup is what the Alertmanagers of the file say of an alert that is looked up there.
type Lookup uint8

// Of several Alertmanagers, the one that says the most decides: the largest of these.
const (
	LookupUnknown Lookup = iota // none of them says anything: what was heard of the alert holds
	LookupGone                  // each that says something does not have it, or has it suppressed
	LookupFiring                // one of them has it, and does not suppress it
)

// String returns the lookup's name, as metrics have it.
func (l Lookup) String() string {
	return [...]string{LookupUnknown: "unknown", LookupGone: "gone", LookupFiring: "firing"}[l]
}
