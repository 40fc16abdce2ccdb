package rules

// RefusedAlert is an alert of a notification that its event does not have: it could not be read, or what it
// says could not be stored. It costs none of the other alerts of the notification.
type RefusedAlert struct {
	Index  int    // its place among the alerts of the notification, from 0
	Labels Labels // as far as they could be read
	Why    string // where in the notification, and what is wanted there, in one short line
}
