package hot

import "sync"

type counter struct {
	mu    sync.Mutex
	count int
}

// Each defer is looked at; evidence decides.
func (c *counter) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock() // want "open-coded"
	c.count += n
}

func (c *counter) all(ns []int) {
	for range ns {
		defer c.add(1) // want "heap-allocated"
	}
}

func dead() {
	if false {
		defer println() // not compiled
	}
}

func none(c *counter) { c.add(1) }
