package timers

import "time"

func idle(events <-chan int, onIdle func()) {
	timer := time.NewTimer(time.Second)
	for {
		select {
		case <-events:
			timer.Reset(time.Second)
		case <-timer.C:
			onIdle()
		}
	}
}
