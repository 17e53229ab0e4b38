package renamed

import "sync"

type evals struct {
	mu      sync.Mutex
	changes chan int
	n       int
}

func (e *evals) start() {
	go e.watch(e.changes)
}

// The channel goes by the name of a parameter here.
func (e *evals) watch(changes chan int) {
	for change := range changes {
		e.mu.Lock()
		e.n += change
		e.mu.Unlock()
	}
}

func (e *evals) unblock(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.changes <- n // want
}

type calm struct {
	mu      sync.Mutex
	changes chan int
	done    chan int
	n       int
}

func (c *calm) start() {
	go c.watch(c.changes, c.done)
}

// What is received under the lock is another channel.
func (c *calm) watch(changes, done chan int) {
	for change := range changes {
		println(change)
	}
	<-done
}

func (c *calm) unblock(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes <- n
}
