package indirect

import (
	"fmt"
	"sync"
)

type store struct {
	mu     sync.Mutex
	onDrop func()
	onAdd  func()
	onEach func()
	onLate func()
	n      int
}

func newStore() *store {
	s := &store{}
	s.onDrop = s.dropped
	s.onAdd = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.n++
	}
	s.onLate = func() {
		go s.dropped()
	}
	return s
}

func (s *store) dropped() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n--
}

// The function that the field holds takes the lock.
func (s *store) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onDrop() // want
}

func (s *store) add() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onAdd() // want
}

func (s *store) dropRight() {
	s.mu.Lock()
	drop := s.onDrop
	s.mu.Unlock()
	s.onDrop()
	drop()
}

// It runs later.
func (s *store) late() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onLate()
}

// What the field holds is another store's.
func link(a, b *store) {
	a.onEach = b.dropped
}

func (s *store) each() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onEach()
}

type lease struct {
	mu         sync.RWMutex
	checkpoint func()
	n          int
}

func (l *lease) Checkpoint() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
}

func (l *lease) SetCheckpoint(checkpoint func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.checkpoint = checkpoint
}

func start() *lease {
	l := &lease{}
	save := func() {
		l.Checkpoint()
	}
	l.SetCheckpoint(save)
	return l
}

// What was set takes the lock of the same lease.
func (l *lease) Renew() {
	l.mu.Lock()
	unlock := func() { l.mu.Unlock() }
	defer func() { unlock() }()
	if l.checkpoint != nil {
		l.checkpoint() // want
	}
}

func (l *lease) RenewRight() {
	l.mu.Lock()
	checkpoint := l.checkpoint
	l.mu.Unlock()
	if checkpoint != nil {
		l.checkpoint()
	}
}

type gauge struct {
	mu    sync.RWMutex
	set   func()
	value int
}

func (g *gauge) read() int {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.value
}

// One of the two functions does not take it.
func prepare(quiet bool) *gauge {
	g := &gauge{}
	if quiet {
		g.set = func() {}
	} else {
		g.set = func() { g.read() }
	}
	return g
}

func (g *gauge) update() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.set()
}

// Printing calls String.
func (g *gauge) String() string {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return fmt.Sprint(g.value)
}

func (g *gauge) show() {
	g.mu.Lock()
	defer g.mu.Unlock()
	fmt.Printf("now %d: %v\n", g.value, g) // want
}

func (g *gauge) showPlain() {
	g.mu.RLock()
	defer g.mu.RUnlock()
	fmt.Println("now", g) // want
}

func (g *gauge) showAddress() {
	g.mu.Lock()
	defer g.mu.Unlock()
	fmt.Printf("at %p: %d of %T, 100%%\n", g, g.value, g)
}

func (g *gauge) showAfter() {
	g.mu.Lock()
	g.value++
	g.mu.Unlock()
	fmt.Println(g)
}

func (g *gauge) showOther(other *gauge) {
	g.mu.Lock()
	defer g.mu.Unlock()
	fmt.Println(other)
}

func (g *gauge) plain(lock bool) int {
	if lock {
		g.mu.RLock()
		defer g.mu.RUnlock()
	}
	return g.value
}

func (g *gauge) named(kind string) int {
	if kind != "none" {
		return g.plain(true)
	}
	return g.plain(false)
}

// The argument says whether it is taken.
func (g *gauge) byArgument() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.plain(false)
}

func (g *gauge) byArgumentWrong() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.plain(true) // want
}

func (g *gauge) byUnknown(lock bool) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.plain(lock)
}

func (g *gauge) byName() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.named("none")
}

func (g *gauge) byNameWrong() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.named("some") // want
}

func (g *gauge) byAnyName(kind string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.named(kind) // want
}

type pool struct {
	mu    sync.Mutex
	conns int
}

type conn struct {
	id   int
	pool *pool
}

func (c *conn) Close() {
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	c.pool.conns--
}

// The connection was made with this pool.
func (p *pool) dial() *conn {
	c := &conn{id: 1, pool: p}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conns > 9 {
		c.Close() // want
		return nil
	}
	return c
}

func (p *pool) dialOther(other *pool) {
	c := &conn{id: 1, pool: other}
	p.mu.Lock()
	defer p.mu.Unlock()
	c.Close()
}

func (p *pool) dialMoved(other *pool) {
	c := &conn{id: 1, pool: p}
	c.pool = other
	p.mu.Lock()
	defer p.mu.Unlock()
	c.Close()
}
