package conds

import "sync"

type queue struct {
	mu    sync.Mutex
	ready *sync.Cond
	value sync.Cond
	items []int
	open  bool
}

func (q *queue) popIf() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		q.ready.Wait() // want "may be over again"
	}
	return q.items[0]
}

func (q *queue) noCondition() {
	q.mu.Lock()
	q.ready.Wait() // want "asks for no condition"
	q.mu.Unlock()
}

func (q *queue) byValue() {
	q.value.L.Lock()
	defer q.value.L.Unlock()
	if len(q.items) == 0 {
		q.value.Wait() // want
	}
	q.items = q.items[1:]
}

func (q *queue) inGoroutine(then func()) {
	go func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if !q.open {
			q.ready.Wait() // want
		}
		q.open = false
		then()
	}()
}

// What follows is right.

func (q *queue) pop() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 {
		q.ready.Wait()
	}
	return q.items[0]
}

func (q *queue) endless() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if q.open {
			return
		}
		q.ready.Wait()
	}
}

func (q *queue) wait() {
	q.ready.Wait()
}

func (q *queue) usesWrapper() {
	q.mu.Lock()
	for !q.open {
		q.wait()
	}
	q.mu.Unlock()
}

func (q *queue) byGoto() {
	q.mu.Lock()
	defer q.mu.Unlock()
again:
	if !q.open {
		q.ready.Wait()
		goto again
	}
}

func group(wg *sync.WaitGroup, mu *sync.Mutex) {
	mu.Lock()
	wg.Wait()
	mu.Unlock()
}

func (q *queue) literalInLoop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.open {
		func() { q.ready.Wait() }()
	}
}

func (q *queue) waitOnce() (int, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		q.ready.Wait()
		return 0, false
	}
	return q.items[0], true
}

func (q *queue) waitAndTell(tell func(string)) {
	q.ready.L.Lock()
	if !q.open {
		q.ready.Wait()
	}
	q.ready.L.Unlock()
	tell("changed")
}
