package indirect

import (
	"fmt"
	"sync"
)

// The other side is known by an interface and by a function that is set.
type store interface {
	Replace(items []string)
	Add(item string)
}

type cache struct {
	sync.Mutex
	onEvent func()
	items   []string
}

func (c *cache) SetOnEvent(f func()) {
	c.Lock()
	defer c.Unlock()
	c.onEvent = f
}

func (c *cache) Replace(items []string) {
	c.Lock()
	defer c.Unlock()
	c.items = items
}

func (c *cache) Add(item string) {
	c.Lock()
	defer c.Unlock()
	c.items = append(c.items, item)
	if c.onEvent != nil {
		c.onEvent()
	}
}

type reflector struct {
	store store
}

func (r *reflector) sync() {
	r.store.Replace(nil)
}

type cacher struct {
	mu        sync.Mutex
	cache     *cache
	reflector *reflector
	n         int
}

func newCacher() *cacher {
	c := &cacher{cache: &cache{}}
	c.reflector = &reflector{store: c.cache}
	c.cache.SetOnEvent(c.process)
	return c
}

func (c *cacher) process() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
}

func (c *cacher) start() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reflector.sync() // want "takes them in the other order"
}

// Two types implement the interface: which is called is not known.
type sink interface{ Write(n int) }

type file struct {
	mu sync.Mutex
	n  int
}

func (f *file) Write(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n += n
}

type null struct{}

func (null) Write(int) {}

type logger struct {
	mu  sync.Mutex
	out sink
}

func (l *logger) log() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out.Write(1)
}

func (f *file) rotate(l *logger) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l.mu.Lock()
	l.out = f
	l.mu.Unlock()
}

// An interface of another package is there for many types.
type lines struct {
	mu    sync.Mutex
	inner fmt.Stringer
	cache sync.Mutex
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.head()
}

func (l *lines) head() string {
	l.cache.Lock()
	defer l.cache.Unlock()
	return l.inner.String()
}
