// go: 1.21
package main

import "time"

func main() {
	t := time.NewTicker(time.Second)
	watch(make(chan bool))
	<-t.C
}

// What a command leaves behind goes with it.
func watch(done chan bool) {
	for range time.Tick(time.Second) {
		if <-done {
			return
		}
	}
}

func rounds(done chan bool) {
	for {
		select {
		case <-time.Tick(time.Second): // want "each round"
		case <-done:
			return
		}
	}
}
