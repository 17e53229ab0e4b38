package lookalikes

import "time"

// Shows how a ticker is used.
func ExampleTicker() {
	events := make(chan int)
	defer close(events)
	for range time.Tick(time.Second) {
		<-events
	}
	for {
		<-events
	}
}
