// go: 1.20
package timers

import (
	"context"
	"time"
)

func deferred(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func stoppedInCase(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	select {
	case <-ctx.Done():
		if !t.Stop() {
			<-t.C
		}
	case <-t.C:
	}
}

func fired(d time.Duration, work func()) {
	t := time.NewTimer(d)
	<-t.C
	work()
}

func firedChannel(d time.Duration) time.Time {
	c := time.NewTimer(d).C
	return <-c
}

func once(in chan int) {
	select {
	case <-in:
	case <-time.After(time.Hour):
	}
}

func short(in chan int) {
	for {
		select {
		case <-in:
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func alone(look func()) {
	for {
		<-time.After(time.Minute)
		look()
	}
}

func aloneInSelect(look func()) {
	for {
		select {
		case <-time.After(time.Minute):
			look()
		}
	}
}

// All other cases leave the loop.
func othersLeave(ctx context.Context, look func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Minute):
			look()
		}
	}
}

type waiter struct{ t *time.Timer }

func (w *waiter) start() {
	w.t = time.NewTimer(time.Minute)
}

func returned() *time.Timer {
	return time.NewTimer(time.Minute)
}

func channelReturned() <-chan time.Time {
	return time.NewTimer(time.Minute).C
}

func handedOn(run func(<-chan time.Time)) {
	t := time.NewTimer(time.Minute)
	run(t.C)
}

func afterLoop(in chan int) {
	limit := time.After(time.Minute)
	for {
		select {
		case <-in:
		case <-limit:
			return
		}
	}
}

func stopLater(t *time.Timer) { t.Stop() }

// Hard: stopped by what a helper does, on a path of its own.
func byHelper(ctx context.Context) {
	t := time.NewTimer(time.Minute)
	select {
	case <-ctx.Done():
		stopLater(t)
	case <-t.C:
	}
}

// Hard: the timer is there only when it is wanted.
func optional(d time.Duration, in chan int) {
	var c <-chan time.Time
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		c = t.C
	}
	select {
	case <-in:
	case <-c:
	}
}

func channelOnce(in chan int) {
	select {
	case <-in:
	case <-time.NewTimer(time.Minute).C:
	}
}

const poll = 500 * time.Millisecond

func constantOfPackage(in chan int) {
	for {
		select {
		case <-in:
		case <-time.After(poll):
		}
	}
}

func computed(in chan int, until time.Time) {
	for {
		select {
		case <-in:
		case <-time.After(time.Until(until)):
		}
	}
}
