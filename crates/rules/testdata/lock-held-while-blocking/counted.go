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

// Who counts itself waits for what it has started.
type writer struct {
	mu   sync.Mutex
	wg   sync.WaitGroup
	errs chan error
	n    int
}

func (w *writer) parallel(parts []int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.errs = make(chan error)
	w.wg.Add(len(parts))
	for range parts {
		go w.one()
	}
	w.wg.Wait()
	<-w.errs
}

func (w *writer) one() {
	defer w.wg.Done()
	w.n++
}

func (w *writer) serial() {
	w.wg.Add(1)
	go func() {
		defer w.wg.Done()
		w.mu.Lock()
		w.n++
		w.errs <- nil // want
		w.mu.Unlock()
	}()
}

// What it has closed itself it can read to the end.
type box struct {
	mu       sync.Mutex
	messages chan int
	closed   bool
}

func (b *box) put(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	select {
	case b.messages <- n:
	default:
	}
}

func (b *box) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	close(b.messages)
	for n := range b.messages {
		println(n)
	}
}

// It waits for nothing that others do.
func (y *yard) shut() {
	y.mu.Lock()
	defer y.mu.Unlock()
	for i := 0; i < 4; i++ {
		time.Sleep(time.Second)
	}
}
