package engine

import "time"

// effort is what a cycle needs to know only while there is something to be done; most refs are at rest, and have none.
type effort struct {
	unstored   []heard // what was recorded and is not known to be stored
	settledNow []Decision
	attempts
}

// attempts is what there is to do, and how it went so far.
type attempts struct {
	pending  *pending
	lookAt   time.Time // when to look at the open calls by itself; zero: not before something happens
	settleAt time.Time // when to read what became of the intent

	partsOut *storedParts // that the store holds once the command that is out is done
	saveAt   time.Time    // not to be stored before: it failed
	savesBad int          // how often in a row
	clashes  int          // how often in a row somebody else wrote first
	saveWhy  string
	unkept   bool        // there was more that is not known to be stored: since the last command that stores was given
	unkeptIn bool        // and before that, while it is out
	holdSave time.Time   // what was heard waits until then to be stored with what comes of a call that is out
	held     *Conclusion // what a reconciliation came to, told once the store has it

	notBefore time.Time // the driver asked not to be called before
	conflicts int       // in this reconciliation
	fails     int       // in a row
	misses    int       // looks in a row at which a workload that was never read was not found
	unready   int       // looks in a row at which the workload took no change
	askedAt   time.Time // when alerts were last looked up at Alertmanager
	askAt     time.Time // when they are to be by themselves; zero: not before something is read
	asked     int       // how often in a row, and what fired went on
	doubts    bool      // an alert fires by a late word alone, and was not looked up since
	heldBack  bool      // a call is held
}

// work makes sure that there is an effort.
func (c *Cycle) work() {
	if c.effort == nil {
		c.effort = &effort{}
	}
}

// rest forgets an effort of which nothing is left to know.
func (c *Cycle) rest() {
	e := c.effort
	if len(e.unstored) == 0 && len(e.settledNow) == 0 && e.attempts == (attempts{askedAt: e.askedAt}) { // what was looked up is told again, if it is asked for again
		c.effort = nil
	}
}
