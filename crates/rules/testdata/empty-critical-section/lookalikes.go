package lookalikes

import "sync"

type server struct {
	mu      sync.Mutex
	other   sync.Mutex
	rw      sync.RWMutex
	n       int
	stopped bool
}

func (s *server) deferred() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

func (s *server) oneStatement() {
	s.mu.Lock()
	s.n++
	s.mu.Unlock()
}

func (s *server) stop() {
	s.stopped = true

	// Whoever has seen stopped as false is through after this.
	s.mu.Lock()
	s.mu.Unlock()
}

func (s *server) sameLine() {
	s.mu.Lock() // Let the holder finish.
	s.mu.Unlock()
	s.n = 0
}

func (s *server) between() {
	s.mu.Lock()
	//nolint:staticcheck
	s.mu.Unlock()
	s.n = 0
}

func (s *server) paragraph(f func()) {
	// Once f has run, nobody takes the lock any more; those who have it may go on for a while.
	f()
	s.mu.Lock()
	s.mu.Unlock()
	s.n = 0
}

func (s *server) fairly(f func()) {
	// Readers come first: taking a read lock blocks until the writers are through.
	if s.n > 0 {
		f()
	}

	s.rw.RLock()
	s.rw.RUnlock()

	s.n = 0
}

func (s *server) waitIdle() {
	s.mu.Lock()
	s.mu.Unlock()
}

func (s *server) Barrier() {
	s.mu.Lock()
	s.mu.Unlock()
}

// finish waits for the worker.
func (s *server) finish() {
	s.mu.Lock()
	s.mu.Unlock()
}

// finishAll closes everything and
// drains what is left.
func (s *server) finishAll() {
	s.mu.Lock()
	s.mu.Unlock()
}

func handOver(work func()) {
	var done sync.Mutex
	done.Lock()
	go func() {
		work()
		done.Unlock()
	}()
	done.Lock()
	done.Unlock()
	work()
}

func differentLocks(s *server) {
	s.mu.Lock()
	s.other.Unlock()
	s.n++
	s.mu.Unlock()
	s.other.Lock()
}

func differentValues(a, b *server) {
	a.mu.Lock()
	b.mu.Unlock()
	a.n++
	a.mu.Unlock()
	b.mu.Lock()
}

func unlockFirst(s *server, f func()) {
	s.mu.Unlock()
	s.mu.Lock()
	f()
}

func differentKinds(s *server) {
	s.rw.RLock()
	s.rw.Unlock()
}

func onlyTry(s *server) bool {
	if !s.mu.TryLock() {
		return false
	}
	s.mu.Unlock()
	return true
}

func differentBlocks(s *server, f func()) {
	s.mu.Lock()
	if s.n > 0 {
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	f()
}

func elements(all []*server, f func() int) {
	all[f()].mu.Lock()
	all[f()].mu.Unlock()
}

// What taking this lock does besides is its own business.
type fileLock struct{ created bool }

func (f *fileLock) Lock()   { f.created = true }
func (f *fileLock) Unlock() {}

func touch(f *fileLock) {
	f.Lock()
	f.Unlock()
	_ = f.created
}
