package gaps

import "sync"

type evals struct {
	mu      sync.Mutex
	changes chan int
	n       int
}

func (e *evals) start() {
	go e.watch(e.changes)
}

// The channel goes by another name here.
func (e *evals) watch(changes chan int) {
	for change := range changes {
		e.mu.Lock()
		e.n += change
		e.mu.Unlock()
	}
}

func (e *evals) unblock(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.changes <- n // bug-missed
}
