package relocks

import "sync"

type queue struct {
	mu    sync.Mutex
	rw    sync.RWMutex
	items []int
}

// The caller holds the lock, and gets it back.
func (q *queue) wait(ready <-chan struct{}) {
	q.mu.Unlock()
	defer q.mu.Lock()
	<-ready
}

func (q *queue) upgrade(f func()) {
	q.rw.RUnlock()
	defer q.rw.RLock()
	q.rw.Lock()
	defer q.rw.Unlock()
	f()
}

func without(l sync.Locker, f func()) {
	l.Unlock()
	defer l.Lock()
	f()
}

func sometimes(q *queue, batched bool, f func()) {
	if !batched {
		q.mu.Unlock()
		defer q.mu.Lock()
	}
	f()
}

// Nothing is known of the lock here.
func atEnd(q *queue) {
	defer q.mu.Lock()
	q.items = nil
}

// One path has given the lock back.
func onePath(q *queue, early bool) {
	q.mu.Lock()
	if early {
		q.mu.Unlock()
	}
	defer q.mu.Lock()
}

// The deferred call is registered while the lock is held, and runs when it is not.
func registeredEarly(q *queue, f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	defer q.mu.Lock()
	q.items = nil
	q.mu.Unlock()
	f()
}

func laterDefer(q *queue, f func()) {
	q.mu.Lock()
	defer q.mu.Lock()
	defer q.mu.Unlock()
	f()
}

func laterLiteral(q *queue, f func()) {
	q.mu.Lock()
	defer q.mu.Lock()
	defer func() {
		q.mu.Unlock()
		f()
	}()
}

func viaHelper(q *queue, f func()) {
	release := func() {
		q.items = nil
		q.mu.Unlock()
	}
	q.mu.Lock()
	defer q.mu.Lock()
	release()
	f()
}

func usual(q *queue) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}

func usualRead(q *queue) int {
	q.rw.RLock()
	defer q.rw.RUnlock()
	return len(q.items)
}

func twoLocks(q *queue) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.rw.Unlock()
	defer q.rw.Lock()
}

type pair struct {
	a, b queue
}

func (p *pair) swap(f func()) {
	p.a.mu.Lock()
	p.b.mu.Unlock()
	defer p.b.mu.Lock()
	f()
	p.a.mu.Unlock()
}

func elements(qs []*queue, f func()) {
	for i := range qs {
		func() {
			qs[0].mu.Lock()
			qs[i].mu.Unlock()
			defer qs[i].mu.Lock()
			f()
			qs[0].mu.Unlock()
		}()
	}
}

// The variable is another lock by then.
func reassigned(q, r *queue) {
	q.mu.Lock()
	q = r
	defer q.mu.Lock()
}

// A deferred literal that uses the lock as usual. That it is held is another matter.
func lockedInLiteral(q *queue) {
	q.mu.Lock()
	q.items = nil
	q.mu.Unlock()
	defer func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.items = append(q.items, 1)
	}()
}

// Methods of these names that take arguments, or belong to no lock, are something else.
type door struct{}

func (door) Lock(key string)   {}
func (door) Unlock(key string) {}

func keyed(d door) {
	d.Lock("a")
	defer d.Lock("b")
}

type player struct {
	Lock func()
}

func fields(p player) {
	p.Lock()
	defer p.Lock()
}
