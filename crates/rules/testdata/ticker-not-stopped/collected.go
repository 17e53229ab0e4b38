package tickers

import "time"

// From Go 1.23 on, all of this is collected.
func left(done chan bool) {
	t := time.NewTicker(time.Second)
	select {
	case <-t.C:
	case <-done:
	}
}

func tick(done chan bool) {
	for range time.Tick(time.Second) {
		if <-done {
			return
		}
	}
}
