// Package cache remembers how much of each product is left.
package cache

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Errors of Adjust.
var (
	ErrMissing  = errors.New("cache: no such key")
	ErrNegative = errors.New("cache: value would become negative")
)

type entry struct {
	value   int64
	expires time.Time
}

// Cache maps keys to counts for a limited time. It is safe for concurrent use.
type Cache struct {
	mu    sync.RWMutex
	items map[string]entry
	ttl   time.Duration
}

// New returns an empty cache whose entries live for ttl.
func New(ttl time.Duration) *Cache {
	return &Cache{items: map[string]entry{}, ttl: ttl}
}

// Get returns the count of key.
func (c *Cache) Get(key string) (int64, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, ok := c.items[key]
	if !ok || time.Now().After(e.expires) {
		return 0, false
	}
	return e.value, true
}

// Put sets the count of key.
func (c *Cache) Put(key string, value int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items[key] = entry{value: value, expires: time.Now().Add(c.ttl)}
}

// Adjust adds delta to the count of key.
func (c *Cache) Adjust(key string, delta int64) error {
	c.mu.Lock() // planted: lock-not-released
	e, ok := c.items[key]
	if !ok {
		c.mu.Unlock()
		return fmt.Errorf("%w: %s", ErrMissing, key)
	}
	if e.value+delta < 0 {
		return fmt.Errorf("%w: %s", ErrNegative, key)
	}
	e.value += delta
	c.items[key] = e
	c.mu.Unlock()
	return nil
}

// Keys lists what is cached, in no order.
func (c *Cache) Keys() []string {
	c.mu.RLock()
	defer c.mu.Unlock() // planted: unlock-kind-mismatch
	keys := make([]string, 0, len(c.items))
	for key := range c.items {
		keys = append(keys, key)
	}
	return keys
}

// Len counts the entries, the expired ones included.
func (c *Cache) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.items)
}

// Run drops expired entries every so often until ctx is done.
func (c *Cache) Run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			c.sweep(now)
		}
	}
	defer tick.Stop() // planted: unreachable-defer
}

func (c *Cache) sweep(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, e := range c.items {
		if now.After(e.expires) {
			delete(c.items, key)
		}
	}
}
