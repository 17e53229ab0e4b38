package undecided

import (
	"errors"
	"os"
	"sync"
)

var errFull = errors.New("full")

type hub struct {
	mu    sync.RWMutex
	locks []*sync.Mutex
	n     int
}

// What was locked is not nil.
func (h *hub) perEvent(events []int) {
	for _, event := range events {
		var mu *sync.Mutex
		if h.locks != nil {
			mu = h.locks[event%len(h.locks)]
			mu.Lock()
		}
		h.n++
		if mu != nil {
			mu.Unlock()
		}
	}
}

func (h *hub) perEventWrong(events []int) {
	for _, event := range events {
		var mu *sync.Mutex
		if h.locks != nil {
			mu = h.locks[event%len(h.locks)]
			mu.Lock() // want
		}
		if h.n > event {
			return
		}
		if mu != nil {
			mu.Unlock()
		}
	}
}

type state struct {
	waits   bool
	updated bool
}

// The deferred literal asks what it is to give back.
func (h *hub) alloc(limit int) error {
	active := &state{}
	defer func(s *state) {
		if !s.waits {
			h.mu.RUnlock()
		} else if !s.updated {
			h.mu.Unlock()
		}
	}(active)
	h.mu.RLock()
	if h.n > limit {
		h.mu.RUnlock()
		h.mu.Lock()
		active.waits = true
		if h.n > 2*limit {
			h.mu.Unlock()
			active.updated = true
		}
		return errFull
	}
	return nil
}

// Called with the lock, and gives it back in between.
type task struct{ h *hub }

func (t *task) hub() *hub { return t.h }

func (t *task) each(steps []func() error) error {
	h := t.hub()
	for _, step := range steps {
		h.mu.Unlock()
		err := step()
		h.mu.Lock()
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *hub) undo(steps []bool) {
	st := h
	locked := true
	defer func() {
		if !locked {
			st.mu.Lock()
		}
	}()
	for _, unlocked := range steps {
		if unlocked && locked {
			st.mu.Unlock()
			locked = false
		} else if !unlocked && !locked {
			st.mu.Lock()
			locked = true
		}
		st.n++
	}
}

// The lock of a file goes with the file.
type fileLock struct{ file *os.File }

func openLock(path string) (*fileLock, error) {
	file, err := os.Open(path)
	return &fileLock{file: file}, err
}

func (l *fileLock) Lock() error {
	return l.file.Sync()
}

func (l *fileLock) Close() error {
	return l.file.Close()
}

func lockWithHint(path string, hint []byte) error {
	flock, err := openLock(path)
	if err != nil {
		return err
	}
	defer flock.Close()
	if err := flock.Lock(); err != nil {
		return err
	}
	if err := os.WriteFile(path, hint, 0o600); err != nil {
		return err
	}
	return nil
}

// A lock that a call gives is given back by who asks for it again.
var locks = map[string]*sync.Mutex{}

func lockOf(name string) *sync.Mutex { return locks[name] }

func Take(name string) int {
	lock := lockOf(name)
	lock.Lock()
	return len(name)
}

func Give(name string) {
	lock := lockOf(name)
	lock.Unlock()
}

func forgotten(name string) int {
	lock := lockOf(name)
	lock.Lock() // want
	if name == "" {
		return 0
	}
	lock.Unlock()
	return 1
}

type run struct{ mu *sync.Mutex }

// It comes back with the lock when it says so.
func (h *hub) lockRun(runs map[string]*run, name string) (*run, bool) {
	entry, ok := runs[name]
	if !ok {
		return nil, false
	}
	mu := entry.mu
	mu.Lock()
	entry, ok = runs[name]
	if !ok || entry.mu != mu {
		ok = false
	}
	if !ok {
		mu.Unlock()
		return nil, false
	}
	return entry, true
}
