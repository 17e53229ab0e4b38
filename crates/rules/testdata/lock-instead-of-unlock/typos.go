package typos

import (
	"errors"
	"sync"
)

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) next() int {
	c.mu.Lock()
	defer c.mu.Lock() // want "the deferred `c.mu.Lock()` finds the lock taken when `next` returns, and waits for ever for its own goroutine to give it back"
	c.n++
	return c.n
}

type table struct {
	sync.RWMutex
	rows map[string]int
}

func (t *table) get(key string) int {
	t.RLock()
	defer t.RLock() // want "the deferred `t.RLock()` takes the lock once more when `get` returns, instead of giving it back: the next `Lock` waits for ever"
	return t.rows[key]
}

func (t *table) set(key string, value int) {
	t.Lock()
	defer t.RLock() // want "waits for ever for its own goroutine"
	t.rows[key] = value
}

func (t *table) has(key string) bool {
	t.RLock()
	defer t.Lock() // want "waits for ever for its own goroutine"
	_, ok := t.rows[key]
	return ok
}

// The embedded mutex has two names.
func (t *table) drop(key string) {
	t.RWMutex.Lock()
	defer t.Lock() // want
	delete(t.rows, key)
}

var global sync.Mutex

func packageLevel() {
	global.Lock()
	defer global.Lock() // want
}

func parameter(mu *sync.Mutex, work func()) {
	mu.Lock()
	defer mu.Lock() // want
	work()
}

func behindInterface(l sync.Locker, work func()) {
	l.Lock()
	defer l.Lock() // want
	work()
}

func notAdjacent(c *counter, limit int) error {
	c.mu.Lock()
	if c.n > limit {
		c.mu.Unlock()
		return errors.New("too many")
	}
	c.n++
	defer c.mu.Lock() // want
	return nil
}

func bothBranches(t *table, write bool) {
	if write {
		t.Lock()
	} else {
		t.RLock()
	}
	defer t.RLock() // want
}

func inLiteral(c *counter) func() int {
	return func() int {
		c.mu.Lock()
		defer c.mu.Lock() // want "when the function literal returns"
		return c.n
	}
}

func inGoroutine(c *counter) {
	go func() {
		c.mu.Lock()
		defer c.mu.Lock() // want
		c.n++
	}()
}

func deferredLiteral(c *counter) {
	c.mu.Lock()
	defer func() {
		c.mu.Lock() // want "the deferred `c.mu.Lock()`"
	}()
	c.n++
}

func tried(c *counter) bool {
	if !c.mu.TryLock() {
		return false
	}
	defer c.mu.Lock() // want
	c.n++
	return true
}

type shards struct {
	all [8]counter
}

func (s *shards) bump(i int) {
	s.all[i].mu.Lock()
	defer s.all[i].mu.Lock() // want
	s.all[i].n++
}

func pointerTo(c *counter) {
	(*c).mu.Lock()
	defer (&c.mu).Lock() // want
	c.n++
}

// Unlocking earlier defers run later, when it is too late.
func earlierDefer(c *counter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.mu.Lock() // want
	c.n++
}

// What other goroutines do to the lock does not help.
func otherGoroutine(c *counter) {
	go func() {
		c.mu.Lock()
		c.n++
		c.mu.Unlock()
	}()
	c.mu.Lock()
	defer c.mu.Lock() // want
	c.n--
}
