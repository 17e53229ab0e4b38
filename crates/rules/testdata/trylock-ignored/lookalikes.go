package lookalikes

import (
	"fmt"
	"sync"
)

var (
	mu sync.Mutex
	rw sync.RWMutex
)

func asked() {
	if mu.TryLock() {
		defer mu.Unlock()
	}
}

func askedFirst() {
	if !mu.TryLock() {
		return
	}
	mu.Unlock()
}

func kept() bool {
	ok := mu.TryLock()
	if ok {
		mu.Unlock()
	}
	return ok
}

func returned() bool {
	return mu.TryLock()
}

func spin() {
	for !rw.TryRLock() {
	}
	rw.RUnlock()
}

func printed() {
	fmt.Println(mu.TryLock())
}

func combined(wanted bool) {
	if wanted && mu.TryLock() {
		mu.Unlock()
	}
}

func switched() {
	switch {
	case mu.TryLock():
		mu.Unlock()
	}
}

func handedOn(report func(bool)) {
	report(rw.TryLock())
}

type lease struct{}

func (lease) TryLock() bool { return true }

func another(l lease) {
	l.TryLock()
}

type remote interface{ TryLock() error }

func remoteLock(r remote) {
	_ = r.TryLock()
}

func plain() {
	mu.Lock()
	mu.Unlock()
}

type state struct{ ok bool }

func stored(s *state) {
	s.ok = mu.TryLock()
}
