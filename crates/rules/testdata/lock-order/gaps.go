package gaps

import "sync"

type table struct {
	sync.RWMutex
	locks map[string]*sync.Mutex
}

// It waits for the lock of the key with the table held, and who has the lock of the key needs the table to
// give it back.
func (t *table) lock(key string) {
	t.Lock()
	if _, ok := t.locks[key]; !ok {
		t.locks[key] = &sync.Mutex{}
	}
	t.locks[key].Lock() // bug-missed
	t.Unlock()
}

func (t *table) unlock(key string) {
	t.RLock()
	defer t.RUnlock()
	if one, ok := t.locks[key]; ok {
		one.Unlock()
	}
}

type a struct{ mu sync.Mutex }

type b struct{ mu sync.Mutex }

func both(x *a, y *b) {
	x.mu.Lock()
	defer x.mu.Unlock()
	y.mu.Lock()
	y.mu.Unlock()
}

func otherWay(x *a, y *b) {
	y.mu.Lock()
	defer y.mu.Unlock()
	x.mu.Lock() // want
	x.mu.Unlock()
}
