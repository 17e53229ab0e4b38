package lookalikes

import "sync"

type cache struct {
	mu    sync.RWMutex
	other sync.RWMutex
	items map[string]string
}

func (c *cache) get(key string) string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.items[key]
}

func (c *cache) set(key, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items[key] = value
}

func (c *cache) upgrade(key string) string {
	c.mu.RLock()
	if value, ok := c.items[key]; ok {
		c.mu.RUnlock()
		return value
	}
	c.mu.RUnlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items[key] = ""
	return ""
}

// The kind depends on the argument, here and there.
func (c *cache) either(write bool, work func()) {
	if write {
		c.mu.Lock()
	} else {
		c.mu.RLock()
	}
	work()
	if write {
		c.mu.Unlock()
	} else {
		c.mu.RUnlock()
	}
}

func (c *cache) deferredEither(write bool, work func()) {
	if write {
		c.mu.Lock()
		defer c.mu.Unlock()
	} else {
		c.mu.RLock()
		defer c.mu.RUnlock()
	}
	work()
}

// The deferred call runs after the upgrade.
func (c *cache) deferredFirst(key string) {
	c.mu.RLock()
	defer c.mu.Unlock()
	_, ok := c.items[key]
	c.mu.RUnlock()
	c.mu.Lock()
	if !ok {
		c.items[key] = ""
	}
}

// Two locks, each with its own kind.
func (c *cache) two() int {
	c.mu.RLock()
	c.other.Lock()
	defer c.other.Unlock()
	defer c.mu.RUnlock()
	return len(c.items)
}

func twoValues(a, b *cache) int {
	a.mu.RLock()
	b.mu.Lock()
	n := len(a.items) + len(b.items)
	b.mu.Unlock()
	a.mu.RUnlock()
	return n
}

// The caller has taken the lock.
func (c *cache) releaseWrite() {
	c.mu.Unlock()
}

func (c *cache) releaseRead() {
	c.mu.RUnlock()
}

// What the literal leaves behind is not known.
func viaLiteral(c *cache) {
	swap := func() {
		c.mu.RUnlock()
		c.mu.Lock()
	}
	c.mu.RLock()
	swap()
	c.mu.Unlock()
}

// The lock passes from one goroutine to the other.
func handedOver(c *cache, ready chan<- struct{}) {
	c.mu.RLock()
	go func() {
		defer c.mu.RUnlock()
		ready <- struct{}{}
	}()
}

func reassigned(a, b *cache) {
	a.mu.RLock()
	first := a
	a = b
	a.mu.Unlock()
	first.mu.RUnlock()
}

func elements(cs []*cache) {
	for i := 0; i < len(cs); i++ {
		cs[i].mu.RLock()
		i++
		cs[i].mu.Unlock()
	}
}

func failedTry(c *cache) {
	c.mu.Lock()
	if c.mu.TryRLock() {
		c.mu.RUnlock()
	}
	c.mu.Unlock()
}

// A mutex has one kind.
func plain(mu *sync.Mutex) {
	mu.Lock()
	mu.Unlock()
}

// A lock of one's own may count as it likes.
type shared struct{ holders int }

func (s *shared) Lock()   { s.holders++ }
func (s *shared) RLock()  { s.holders++ }
func (s *shared) Unlock() { s.holders-- }

func ownRules(s *shared) {
	s.RLock()
	defer s.Unlock()
}

// RLocker gives a lock whose two methods are those for reading.
func locker(c *cache, work func()) {
	l := c.mu.RLocker()
	l.Lock()
	defer l.Unlock()
	work()
}
