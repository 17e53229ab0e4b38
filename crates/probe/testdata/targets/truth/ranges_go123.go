//go:build go1.23

package main

func three(yield func(int) bool) {
	for i := 0; i < 3; i++ {
		if !yield(i) {
			return
		}
	}
}

// The promises of the bodies are not joined to the function's yet.
func within() {
	for n := range three {
		defer release(n) // site: within a range
		if n == 2 {
			holds("within a range", 3)
			ready.Done()
			<-never
		}
	}
}

func behind() {
	for n := range three {
		defer release(n) // site: behind a range
	}
	holds("behind a range", 3)
	ready.Done()
	<-never
}

func ranges() {
	start("chan receive", within)
	start("chan receive", behind)
}
