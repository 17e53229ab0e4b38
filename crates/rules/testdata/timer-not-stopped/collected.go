package timers

import "time"

func after(in chan int) {
	for {
		select {
		case <-in:
		case <-time.After(time.Hour):
			return
		}
	}
}
