package lookalikes

import (
	"errors"
	"sync"
)

type queue struct {
	mu    sync.Mutex
	rw    sync.RWMutex
	items []string
	other *queue
}

func (q *queue) once() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items = nil
}

// Given back for a while.
func (q *queue) pause(work func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items = nil
	q.mu.Unlock()
	work()
	q.mu.Lock()
}

func (q *queue) branches(keep bool) {
	q.mu.Lock()
	if keep {
		q.mu.Unlock()
		return
	}
	q.items = nil
	q.mu.Unlock()
}

func (q *queue) flag(early bool) {
	locked := true
	q.mu.Lock()
	defer func() {
		if locked {
			q.mu.Unlock()
		}
	}()
	if early {
		locked = false
		q.mu.Unlock()
	}
}

func (q *queue) correlated(early bool) {
	q.mu.Lock()
	if early {
		q.mu.Unlock()
	}
	q.items = nil
	if !early {
		q.mu.Unlock()
	}
}

// Readers are counted.
func (q *queue) manyReaders() int {
	q.rw.RLock()
	q.other.rw.RLock()
	n := len(q.items) + len(q.other.items)
	q.other.rw.RUnlock()
	q.rw.RUnlock()
	return n
}

func (q *queue) nestedReaders() int {
	q.rw.RLock()
	defer q.rw.RUnlock()
	q.rw.RLock()
	n := len(q.items)
	q.rw.RUnlock()
	return n
}

func (q *queue) others() {
	q.mu.Lock()
	q.other.mu.Lock()
	q.mu.Unlock()
	q.other.mu.Unlock()
}

func (q *queue) inRounds(names []string) {
	for range names {
		q.mu.Lock()
		q.items = nil
		q.mu.Unlock()
	}
}

func (q *queue) take() {
	q.mu.Lock()
}

func (q *queue) again() {
	q.mu.Lock()
	q.mu.Unlock()
	q.take()
	q.mu.Unlock()
}

// Only one of the two defers is registered.
func (q *queue) eitherDefer(first bool) {
	q.mu.Lock()
	if first {
		defer q.mu.Unlock()
	} else {
		defer func() { q.mu.Unlock() }()
	}
	q.items = nil
}

func (q *queue) moved() {
	at := q
	at.mu.Lock()
	for at.other != nil {
		next := at.other
		next.mu.Lock()
		at.mu.Unlock()
		at = next
	}
	at.mu.Unlock()
}

func (q *queue) byError(check func() error) error {
	q.mu.Lock()
	err := check()
	if err != nil {
		q.mu.Unlock()
	}
	if err == nil {
		q.items = nil
		q.mu.Unlock()
		return nil
	}
	return errors.Join(err)
}

// Gives it back when it has something to give.
func (q *queue) cached() []string {
	if len(q.items) > 0 {
		q.mu.Unlock()
		return q.items
	}
	return nil
}

func (q *queue) get() []string {
	q.mu.Lock()
	if items := q.cached(); items != nil {
		return items
	}
	q.items = append(q.items, "")
	q.mu.Unlock()
	return q.items
}

type counted struct{ n int }

func (c *counted) Lock()   { c.n++ }
func (c *counted) Unlock() { c.n-- }

func balance(c *counted) {
	c.Lock()
	c.Unlock()
	c.Unlock()
}

func (q *queue) panics() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.items == nil {
		panic("nothing")
	}
}

type fixture struct{ mu sync.Mutex }

// The first `defer` is for the first value.
func twoFixtures() {
	f := &fixture{}
	f.mu.Lock()
	defer f.mu.Unlock()
	f = &fixture{}
	f.mu.Lock()
	defer f.mu.Unlock()
}
