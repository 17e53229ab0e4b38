package timers

import "time"

type clock struct{ ticks chan time.Time }

func (c clock) Stop() bool          { return true }
func (c clock) C() <-chan time.Time { return c.ticks }

func drained(t *time.Timer) {
	if t.Stop() {
		<-t.C // want "has told that the timer will not fire"
	}
}

func deferred(d time.Duration, work func()) {
	t := time.NewTimer(d)
	defer func() {
		if t.Stop() {
			<-t.C // want "has told that the timer will not fire"
		}
	}()
	work()
}

func fake(c clock) {
	if c.Stop() {
		<-c.C() // want "has told that the timer will not fire"
	}
}

// Right: it has fired.
func fired(t *time.Timer) {
	if !t.Stop() {
		<-t.C
	}
}

// Right: another one.
func other(a, b *time.Timer) {
	if a.Stop() {
		<-b.C
	}
}

// Right: it starts again before.
func again(t *time.Timer, d time.Duration) {
	if t.Stop() {
		t.Reset(d)
		<-t.C
	}
}

// Right: nobody waits.
func looked(t *time.Timer) {
	if t.Stop() {
		select {
		case <-t.C:
		default:
		}
	}
}
