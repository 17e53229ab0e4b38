package nils

import "time"

func receives() int {
	var c chan int
	return <-c // want "receiving from it blocks"
}

func sends(v int) {
	var c chan int
	c <- v // want "sending to it blocks"
}

func ranges(use func(int)) {
	var c chan int
	for v := range c { // want "loop over it"
		use(v)
	}
}

func inGoroutine(answer func() int) {
	var result chan int
	go func() {
		result <- answer() // want
	}()
}

func setNil(c chan int) {
	c = nil
	d := c
	_ = d
	var e chan int
	if d == nil {
		<-e // want
	}
}

// What follows is right.

func made() int {
	var c chan int
	c = make(chan int, 1)
	c <- 1
	return <-c
}

func inBranch(fast bool) {
	var c chan int
	if fast {
		c = make(chan int, 1)
	}
	c <- 1
}

func switchedOff(in <-chan int, out chan<- int) {
	var held chan<- int
	var v int
	for {
		select {
		case v = <-in:
			held = out
		case held <- v:
			held = nil
		}
	}
}

func never(done <-chan struct{}) {
	var tick <-chan time.Time
	select {
	case <-tick:
	case <-done:
	}
}

func setLater(start func(func())) {
	var c chan int
	start(func() { c <- 1 })
	c = make(chan int)
	<-c
}

func parameter(c chan int) {
	<-c
}

func byPointer(open func(*chan int)) {
	var c chan int
	open(&c)
	<-c
}
