// go: 22
// Were the ticker stopped when the function returns, the goroutine would wait for ever.
package p

import "time"

func tick(every time.Duration, each func()) {
	t := time.NewTicker(every)
	go func() {
		for range t.C {
			each()
		}
	}()
}
