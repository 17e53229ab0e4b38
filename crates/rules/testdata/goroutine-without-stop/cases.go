package workers

import (
	"context"
	"net/http"
	"sync"
	"time"
)

type cache struct {
	mu    sync.Mutex
	items map[string]int
	jobs  chan int
	dead  chan struct{}
	fed   chan int
}

func (c *cache) clean() {}

func newByTick() *cache {
	c := &cache{}
	go func() { // want "nothing ends this goroutine"
		for range time.Tick(time.Minute) {
			c.clean()
		}
	}()
	return c
}

func newByLoop() *cache {
	c := &cache{}
	go c.loop() // want
	return c
}

func (c *cache) loop() {
	for {
		time.Sleep(time.Second)
		c.clean()
	}
}

func newByTicker() (*cache, error) {
	c := &cache{}
	go func() { // want
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				c.clean()
			}
		}
	}()
	return c, nil
}

func newWithDeadChannel() *cache {
	c := &cache{dead: make(chan struct{})}
	go func() { // want
		for {
			select {
			case <-time.After(time.Second):
				c.clean()
			case <-c.dead:
				return
			}
		}
	}()
	return c
}

func newRanging() *cache {
	c := cache{jobs: make(chan int)}
	go func() { // want
		for range c.jobs {
			c.clean()
		}
	}()
	return &c
}

func (c *cache) add(job int) { c.jobs <- job }

func newIndirect() *cache {
	c := &cache{}
	go func() { // want
		c.loop()
	}()
	return c
}

func withContext(ctx context.Context, poll func()) {
	go func() { // want "also when `ctx` has ended"
		for {
			poll()
			time.Sleep(time.Second)
		}
	}()
	<-ctx.Done()
}

func handle(w http.ResponseWriter, r *http.Request) {
	go func() { // want "each request"
		for {
			time.Sleep(time.Second)
		}
	}()
}

func blocked(ctx context.Context) {
	go func() { // want
		select {}
	}()
}

func newHolding() *cache {
	c := &cache{dead: make(chan struct{})}
	go func() { // want
		defer c.clean()
		c.mu.Lock()
		<-c.dead
		c.mu.Unlock()
	}()
	return c
}

// Seldom is not never.
func newSeldom() *cache {
	c := &cache{}
	// Looks once a day: it is forever young.
	go c.loop() // want
	return c
}

// What follows is right.

func newSaidToStay() *cache {
	c := &cache{}
	// The cache is kept for the lifetime of the process.
	go c.loop()
	return c
}

func newSaidInside() *cache {
	c := &cache{}
	go func() {
		// Runs forever: there is only one.
		for {
			c.clean()
		}
	}()
	return c
}

type cacheServer struct{ c cache }

func newCacheServer() *cacheServer {
	s := &cacheServer{}
	go s.c.loop()
	return s
}

type Manager struct{ c cache }

func newManager() *Manager {
	m := &Manager{}
	go m.c.loop()
	return m
}

func register(ctx context.Context, beat func(context.Context)) {
	go func() {
		for range time.Tick(time.Second) {
			beat(context.Background())
		}
	}()
}

func newWithContext(ctx context.Context) *cache {
	c := &cache{}
	go func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				c.clean()
			case <-ctx.Done():
				return
			}
		}
	}()
	return c
}

func newEndsByError(read func() (int, error)) *cache {
	c := &cache{}
	go func() {
		for {
			n, err := read()
			if err != nil {
				return
			}
			c.items["n"] = n
		}
	}()
	return c
}

func newFed() *cache {
	c := &cache{fed: make(chan int)}
	go func() {
		for range c.fed {
			c.clean()
		}
	}()
	return c
}

func (c *cache) end() { close(c.fed) }

func newGiven(jobs <-chan int) *cache {
	c := &cache{}
	go func() {
		for range jobs {
			c.clean()
		}
	}()
	return c
}

func newOnce() *cache {
	c := &cache{}
	go c.clean()
	return c
}

var shared = newShared()

func newShared() *cache {
	c := &cache{}
	go c.loop()
	return c
}

func newForInit() *cache {
	c := &cache{}
	go c.loop()
	return c
}

func init() {
	shared = newForInit()
	go shared.loop()
}

var once sync.Once

func newGuarded() *cache {
	c := &cache{}
	once.Do(func() { go shared.loop() })
	return c
}

func otherGoroutine() *cache {
	c := &cache{}
	go shared.loop()
	return c
}

func untilDone(ctx context.Context, poll func() bool) {
	go func() {
		for {
			if poll() {
				break
			}
		}
	}()
}

func asksErr(ctx context.Context, poll func()) {
	go func() {
		for ctx.Err() == nil {
			poll()
		}
	}()
}

func plain(poll func()) {
	go func() {
		for {
			poll()
		}
	}()
}

func panics(ctx context.Context, poll func() error) {
	go func() {
		for {
			if err := poll(); err != nil {
				panic(err)
			}
		}
	}()
}

func newManagerIn(ctx context.Context) (*Manager, error) {
	m := &Manager{}
	go m.c.loop()
	return m, nil
}
