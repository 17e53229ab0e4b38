package double

import "sync"

type store struct {
	mu    sync.Mutex
	rw    sync.RWMutex
	keys  []string
	inner inner
}

type inner struct {
	mu sync.Mutex
}

func (s *store) twice() {
	s.mu.Lock()
	s.keys = nil
	s.mu.Lock() // want "`s.mu.Lock()` waits for ever, because `s.mu` is held already"
	s.mu.Unlock()
}

func (s *store) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.keys)
}

func (s *store) Add(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = append(s.keys, key)
	return s.Len() // want "`s.Len()` takes `s.mu`, which is held already, and waits for ever"
}

// Two calls away.
func (s *store) isEmpty() bool {
	return s.Len() == 0
}

func (s *store) clear() {
	s.mu.Lock()
	if !s.isEmpty() { // want
		s.keys = nil
	}
	s.mu.Unlock()
}

func (s *store) writeUnderRead() {
	s.rw.RLock()
	defer s.rw.RUnlock()
	if s.keys == nil {
		s.rw.Lock() // want
		s.keys = []string{}
		s.rw.Unlock()
	}
}

func (s *store) readUnderWrite() int {
	s.rw.Lock()
	defer s.rw.Unlock()
	s.rw.RLock() // want
	n := len(s.keys)
	s.rw.RUnlock()
	return n
}

func (s *store) first() string {
	s.rw.RLock()
	defer s.rw.RUnlock()
	return s.keys[0]
}

func (s *store) firstTwo() [2]string {
	s.rw.RLock()
	defer s.rw.RUnlock()
	return [2]string{s.first(), s.keys[1]} // want "held for reading already, and waits for ever when a writer has come in between"
}

// Only one path comes to the second with the lock.
func (s *store) branch(keep bool) {
	s.mu.Lock()
	if !keep {
		s.mu.Unlock()
	}
	s.keys = nil
	s.mu.Lock() // want
	s.mu.Unlock()
}

var global sync.Mutex

func count() int {
	global.Lock()
	defer global.Unlock()
	return 1
}

func total() int {
	global.Lock()
	n := count() // want
	global.Unlock()
	return n
}

func locks(mu *sync.Mutex) {
	mu.Lock()
	defer mu.Unlock()
}

func (s *store) byArgument() {
	s.inner.mu.Lock()
	defer s.inner.mu.Unlock()
	locks(&s.inner.mu) // want
}

func (s *store) inLiteral() {
	s.mu.Lock()
	defer s.mu.Unlock()
	func() {
		s.mu.Lock() // want
		s.mu.Unlock()
	}()
}

// Deferred calls run before the lock is given back: the last comes first.
func (s *store) deferredCall() {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.Len() // want
	s.keys = nil
}

func (s *store) resetLocked() {
	s.keys = nil
	if s.Len() > 0 { // want "which callers of `resetLocked` hold by its name"
		panic("still there")
	}
}

func (s *store) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resetLocked() // want
}

// The name speaks of a lock that callers hold, which is another one.
type stream struct {
	hdr  sync.Mutex
	sent bool
}

func (s *store) sendLocked(st *stream) {
	st.sent = s.Len() > 0
}

func (s *store) send(st *stream) {
	st.hdr.Lock()
	defer st.hdr.Unlock()
	s.sendLocked(st)
}

// The argument answers whether it is taken.
type key string

func (k key) IsEmpty() bool { return k == "" }

func (s *store) find(k key) int {
	if k.IsEmpty() {
		return s.Len()
	}
	return len(k)
}

func (s *store) walk(k key) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(k)
}

type embedded struct {
	sync.Mutex
	n int
}

func (e *embedded) get() int {
	e.Lock()
	defer e.Unlock()
	return e.n
}

func (e *embedded) inc() int {
	e.Lock()
	defer e.Unlock()
	e.n++
	return e.get() // want
}

func (s *store) alias() {
	mu := &s.mu
	mu.Lock()
	defer mu.Unlock()
	s.keys = append(s.keys, "")
	_ = s.Len() // want
}
