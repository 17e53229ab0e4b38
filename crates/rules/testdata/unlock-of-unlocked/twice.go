package twice

import (
	"errors"
	"sync"
)

type queue struct {
	mu    sync.Mutex
	rw    sync.RWMutex
	items []string
}

var errEmpty = errors.New("empty")

func (q *queue) pop() (string, bool) {
	q.mu.Lock()
	defer q.mu.Unlock() // want "the deferred `q.mu.Unlock()` runs on a path that has given `q.mu` back already"
	if len(q.items) == 0 {
		q.mu.Unlock()
		return "", false
	}
	item := q.items[0]
	q.items = q.items[1:]
	return item, true
}

func (q *queue) byHand(keep bool) {
	q.mu.Lock()
	if !keep {
		q.items = nil
		q.mu.Unlock()
	}
	q.mu.Unlock() // want "`q.mu.Unlock()` is reached with `q.mu` given back already"
}

func (q *queue) readers() int {
	q.rw.RLock()
	n := len(q.items)
	q.rw.RUnlock()
	if n == 0 {
		q.rw.RUnlock() // want
	}
	return n
}

func (q *queue) errorPath(check func() error) error {
	q.mu.Lock()
	defer q.mu.Unlock() // want
	if err := check(); err != nil {
		q.mu.Unlock()
		return err
	}
	q.items = nil
	return nil
}

func (q *queue) deferredLiteral(done bool) {
	q.mu.Lock()
	defer func() {
		q.mu.Unlock() // want
	}()
	if done {
		q.mu.Unlock()
		return
	}
	q.items = nil
}

func (q *queue) inLoop(names []string) {
	q.mu.Lock()
	for _, name := range names {
		if name == "" {
			q.mu.Unlock() // want
		}
	}
}

func (q *queue) twoDefers() {
	q.mu.Lock()
	defer q.mu.Unlock() // want
	defer q.mu.Unlock()
	q.items = nil
}

func (q *queue) forgottenReturn(name string) error {
	q.mu.Lock()
	var err error
	if name == "" {
		q.mu.Unlock()
		err = errEmpty
	}
	q.items = append(q.items, name)
	q.mu.Unlock() // want
	return err
}

// The lock that is left in the inner literal is the one that the outer took.
func (q *queue) calledLiteral() {
	q.mu.Lock()
	func() {
		defer q.mu.Unlock()
		q.items = nil
	}()
	q.mu.Unlock() // want
}
