package conds

import "sync"

type gate struct {
	mu     sync.Mutex
	opened *sync.Cond
	filled sync.Cond
	left   *sync.Cond
	Public *sync.Cond
	shared *sync.Cond
	isOpen bool
}

func newGate() *gate {
	g := &gate{}
	g.opened = sync.NewCond(&g.mu)
	g.left = sync.NewCond(&g.mu)
	g.shared = sync.NewCond(&g.mu)
	g.filled.L = &g.mu
	return g
}

func (g *gate) waitOpened() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for !g.isOpen {
		g.opened.Wait() // want "nobody signals `opened`"
	}
}

func (g *gate) waitFilled() {
	g.filled.L.Lock()
	for !g.isOpen {
		g.filled.Wait() // want
	}
	g.filled.L.Unlock()
}

// What follows is right.

func (g *gate) waitLeft() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.isOpen {
		g.left.Wait()
	}
}

func (g *gate) leave() {
	g.isOpen = false
	g.left.Broadcast()
}

func (g *gate) waitPublic() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.isOpen {
		g.Public.Wait()
	}
}

func (g *gate) waitShared() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.isOpen {
		g.shared.Wait()
	}
}

func (g *gate) hand() *sync.Cond { return g.shared }

func local(mu *sync.Mutex, ready func() bool) {
	c := sync.NewCond(mu)
	for !ready() {
		c.Wait()
	}
}

type step struct {
	next *sync.Cond
	done bool
}

type chain struct {
	mu    sync.Mutex
	moved *sync.Cond
}

func (c *chain) step() *step { return &step{next: c.moved} }

func (c *chain) move() { c.moved.Broadcast() }

func (s *step) wait() {
	s.next.L.Lock()
	for !s.done {
		s.next.Wait()
	}
	s.next.L.Unlock()
}
