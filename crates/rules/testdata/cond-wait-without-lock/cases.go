package conds

import "sync"

func unlocked(work func()) {
	var mu sync.Mutex
	ready := sync.NewCond(&mu)
	go func() {
		for {
			ready.Wait() // want "does not hold the lock"
			work()
		}
	}()
	ready.Broadcast()
}

func givenBack(work func() bool) {
	var mu sync.Mutex
	ready := sync.NewCond(&mu)
	mu.Lock()
	isDone := work()
	mu.Unlock()
	for !isDone {
		ready.Wait() // want "not held any more"
	}
}

type queue struct {
	mu    sync.Mutex
	ready *sync.Cond
	open  bool
}

func (q *queue) viaL() {
	q.ready.L.Lock()
	open := q.open
	q.ready.L.Unlock()
	if !open {
		q.ready.Wait() // want
	}
}

// What follows is right.

func locked(work func()) {
	var mu sync.Mutex
	isReady := false
	ready := sync.NewCond(&mu)
	go func() {
		mu.Lock()
		for !isReady {
			ready.Wait()
		}
		mu.Unlock()
		work()
	}()
	ready.Broadcast()
}

func (q *queue) waitLocked() {
	for !q.open {
		q.ready.Wait()
	}
}

func (q *queue) deferred() {
	q.ready.L.Lock()
	defer q.ready.L.Unlock()
	for !q.open {
		q.ready.Wait()
	}
}

func (q *queue) helper() {
	go func() {
		q.lock()
		for !q.open {
			q.ready.Wait()
		}
		q.mu.Unlock()
	}()
}

func (q *queue) lock() { q.mu.Lock() }

func (q *queue) again(work func()) {
	q.ready.L.Lock()
	for !q.open {
		q.ready.L.Unlock()
		work()
		q.ready.L.Lock()
		q.ready.Wait()
	}
	q.ready.L.Unlock()
}

type contextCond struct{ *sync.Cond }

// The lock is held by the caller, and given back for it.
func (c contextCond) wait(done <-chan struct{}) {
	woken := make(chan struct{})
	go func() {
		c.Cond.Wait()
		close(woken)
	}()
	select {
	case <-woken:
	case <-done:
	}
}
