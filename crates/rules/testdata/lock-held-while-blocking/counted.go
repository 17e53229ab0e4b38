package counted

import (
	"sync"
	"time"
)

type hub struct {
	mu     sync.Mutex
	wg     sync.WaitGroup
	n      int
	gen    sync.Mutex
	shared sync.Mutex
}

// The lock is taken before the Add, and given back before the Done.
func (h *hub) send() {
	h.mu.Lock()
	h.wg.Add(1)
	h.mu.Unlock()
	h.n++
	h.wg.Done()
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wg.Wait()
}

type hall struct {
	mu sync.Mutex
	wg sync.WaitGroup
	n  int
}

// Between the two.
func (h *hall) send() {
	h.wg.Add(1)
	h.mu.Lock()
	h.n++
	h.mu.Unlock()
	h.wg.Done()
}

func (h *hall) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wg.Wait() // want
}

type room struct {
	mu sync.Mutex
	wg sync.WaitGroup
	n  int
}

// Only after the Done.
func (r *room) send() {
	r.wg.Done()
	r.mu.Lock()
	r.n++
	r.mu.Unlock()
}

func (r *room) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wg.Wait()
}

type yard struct {
	mu sync.Mutex
	wg sync.WaitGroup
	n  int
}

func (y *yard) work() {
	defer y.wg.Done()
	y.mu.Lock()
	y.n++
	y.mu.Unlock()
}

func (y *yard) close() {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.wg.Wait() // want
}

// Nobody else takes this lock: it keeps a second call waiting.
func (h *hub) generate() {
	h.gen.Lock()
	defer h.gen.Unlock()
	for h.n < 3 {
		time.Sleep(time.Second)
	}
}

func (h *hub) keep() {
	h.shared.Lock()
	defer h.shared.Unlock()
	for h.n < 3 {
		time.Sleep(time.Second) // want
	}
}

func (h *hub) count() {
	h.shared.Lock()
	h.n++
	h.shared.Unlock()
}
