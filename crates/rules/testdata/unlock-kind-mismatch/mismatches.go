package mismatches

import "sync"

type cache struct {
	mu    sync.RWMutex
	items map[string]string
}

func (c *cache) get(key string) string {
	c.mu.RLock()
	defer c.mu.Unlock() // want "`c.mu.Unlock()` gives back a lock that was taken with `RLock`: the program ends with `fatal error: sync: Unlock of unlocked RWMutex`"
	return c.items[key]
}

func (c *cache) set(key, value string) {
	c.mu.Lock()
	defer c.mu.RUnlock() // want "`c.mu.RUnlock()` gives back a lock that was taken with `Lock`: the program ends with `fatal error: sync: RUnlock of unlocked RWMutex`"
	c.items[key] = value
}

func (c *cache) size() int {
	c.mu.RLock()
	n := len(c.items)
	c.mu.Unlock() // want
	return n
}

func (c *cache) clear() {
	c.mu.Lock()
	c.items = nil
	c.mu.RUnlock() // want
}

// Right on one way out, wrong on the other.
func (c *cache) lookup(key string) (string, bool) {
	c.mu.RLock()
	value, ok := c.items[key]
	if !ok {
		c.mu.Unlock() // want
		return "", false
	}
	c.mu.RUnlock()
	return value, true
}

type embedded struct {
	sync.RWMutex
	n int
}

func (e *embedded) read() int {
	e.RLock()
	defer e.Unlock() // want-types
	return e.n
}

func (e *embedded) write(n int) {
	e.RWMutex.Lock()
	defer e.RUnlock() // want-types
	e.n = n
}

func deferredLiteral(c *cache) int {
	c.mu.RLock()
	defer func() {
		c.mu.Unlock() // want
	}()
	return len(c.items)
}

func tried(c *cache) int {
	if c.mu.TryRLock() {
		defer c.mu.Unlock() // want "taken with `TryRLock`"
		return len(c.items)
	}
	return 0
}

func triedEarlyOut(c *cache) {
	if !c.mu.TryLock() {
		return
	}
	c.items = nil
	c.mu.RUnlock() // want "taken with `TryLock`"
}

var mu sync.RWMutex

func packageLevel(work func()) {
	mu.RLock()
	work()
	mu.Unlock() // want
}

func parameter(mu *sync.RWMutex, work func()) {
	mu.Lock()
	work()
	mu.RUnlock() // want
}

func inGoroutine(c *cache, out chan<- int) {
	go func() {
		c.mu.RLock()
		defer c.mu.Unlock() // want
		out <- len(c.items)
	}()
}

func inLoop(caches []*cache) int {
	sum := 0
	for _, c := range caches {
		c.mu.RLock()
		sum += len(c.items)
		c.mu.Unlock() // want
	}
	return sum
}

// Given back and taken anew, with the wrong method the second time.
func upgraded(c *cache, key string) string {
	c.mu.RLock()
	value, ok := c.items[key]
	c.mu.RUnlock()
	if ok {
		return value
	}
	c.mu.Lock()
	defer c.mu.RUnlock() // want
	c.items[key] = ""
	return ""
}
