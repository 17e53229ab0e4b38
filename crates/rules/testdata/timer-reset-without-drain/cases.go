// go: 1.21
package timers

import "time"

func idle(events <-chan int, onIdle func()) {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	for {
		select {
		case _, ok := <-events:
			if !ok {
				return
			}
			timer.Reset(time.Second) // want "old tick"
		case <-timer.C:
			onIdle()
		}
	}
}

func atHead(events <-chan int, onIdle func()) {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	for {
		timer.Reset(time.Second) // want
		select {
		case <-events:
			return
		case <-timer.C:
			onIdle()
		case <-time.After(time.Minute):
		}
	}
}

type debouncer struct{ t *time.Timer }

func (d *debouncer) run(events <-chan int, fire func()) {
	for {
		select {
		case _, ok := <-events:
			if !ok {
				return
			}
			d.t.Reset(time.Second) // want
		case <-d.t.C:
			fire()
		}
	}
}

// What follows is right.

func stopped(events <-chan int, onIdle func()) {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	for {
		select {
		case _, ok := <-events:
			if !ok {
				return
			}
			if !timer.Stop() {
				<-timer.C
			}
			timer.Reset(time.Second)
		case <-timer.C:
			onIdle()
		}
	}
}

func onlyAfterTick(tick func()) {
	timer := time.NewTimer(time.Second)
	for {
		<-timer.C
		tick()
		timer.Reset(time.Second)
	}
}

func inItsCase(events <-chan int, onIdle func()) {
	timer := time.NewTimer(time.Second)
	for {
		select {
		case <-events:
		case <-timer.C:
			onIdle()
			timer.Reset(time.Second)
		}
	}
}

func withFunc(events <-chan int, fire func()) {
	timer := time.AfterFunc(time.Second, fire)
	for range events {
		timer.Reset(time.Second)
	}
}

func notInLoop(timer *time.Timer) {
	timer.Reset(time.Second)
	<-timer.C
}

type buffer struct{ C chan int }

func (b *buffer) Reset(time.Duration) {}

func otherType(b *buffer) {
	for {
		b.Reset(time.Second)
		select {
		case <-b.C:
		case <-time.After(time.Second):
			return
		}
	}
}

type schedule struct{ timer *time.Timer }

func (s *schedule) halt() {
	if !s.timer.Stop() {
		select {
		case <-s.timer.C:
		default:
		}
	}
}

func (s *schedule) run(waits <-chan time.Duration, tick func()) {
	for {
		select {
		case wait := <-waits:
			s.halt()
			s.timer.Reset(wait)
		case <-s.timer.C:
			tick()
		}
	}
}
