package receivers

import (
	"sync"
	"sync/atomic"
)

type counter struct {
	mu sync.Mutex
	n  map[string]int
}

func (c counter) add(key string) { // want "each call of `add` copies a `counter` with the `sync.Mutex` in its `mu`, so it locks one of its own"
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n[key]++
}

func (c counter) size() int { // want "locking the one does not lock the other"
	return len(c.n)
}

func (counter) kind() string { // want
	return "counter"
}

func (c *counter) get(key string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[key]
}

type embedded struct {
	sync.RWMutex
	name string
}

func (e embedded) String() string { // want "the `sync.RWMutex` in its `RWMutex`, so it locks one of its own"
	e.RLock()
	defer e.RUnlock()
	return e.name
}

type cache[K comparable, V any] struct {
	lock  sync.Mutex
	items map[K]V
}

func (c cache[K, V]) get(key K) V { // want "`lock`"
	return c.items[key]
}

func (c *cache[K, V]) set(key K, value V) {
	c.lock.Lock()
	c.items[key] = value
	c.lock.Unlock()
}

type nested struct {
	inner struct {
		counters [4]counter
	}
}

func (n nested) first() int { // want "`inner.counters.mu`"
	return n.inner.counters[0].n[""]
}

type once struct{ done sync.Once }

func (o once) do(f func()) { // want "original and copy do their work once each"
	o.done.Do(f)
}

type stats struct{ hits atomic.Int64 }

func (s stats) report() int64 { // want "no atomic read"
	return s.hits.Load()
}

type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

type handle struct {
	_  noCopy
	fd int
}

func (h handle) Fd() int { // want "its type says that it must not be copied"
	return h.fd
}

type spin int32

func (s *spin) Lock()   { *s = 1 }
func (s *spin) Unlock() { *s = 0 }

func (s spin) held() bool { // want "a `spin`"
	return s != 0
}

// No lock is copied.

type byPointer struct {
	mu *sync.Mutex
	n  map[string]int
}

func (b byPointer) add(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n[key]++
}

type embeddedPointer struct{ *sync.Mutex }

func (e embeddedPointer) do(f func()) {
	e.Lock()
	defer e.Unlock()
	f()
}

type withLocker struct{ sync.Locker }

func (w withLocker) do(f func()) {
	w.Lock()
	defer w.Unlock()
	f()
}

type counters []counter

func (c counters) total() int {
	n := 0
	for i := range c {
		n += c[i].get("")
	}
	return n
}

type registry map[string]*counter

func (r registry) get(name string) *counter { return r[name] }

type valueLock struct{ ch chan struct{} }

func (v valueLock) Lock()   { v.ch <- struct{}{} }
func (v valueLock) Unlock() { <-v.ch }

type user struct{ l valueLock }

func (u user) do(f func()) {
	u.l.Lock()
	defer u.l.Unlock()
	f()
}

type onlyLock struct{ n int }

func (o *onlyLock) Lock() { o.n++ }

func (o onlyLock) count() int { return o.n }

type door struct{ key string }

func (d *door) Lock(key string)        { d.key = key }
func (d *door) Unlock(key string) bool { return d.key == key }

func (d door) name() string { return d.key }
