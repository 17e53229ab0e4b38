package mismatches

import (
	"sync"
	"testing"
)

// What the runtime says to this is what the test is about.
var misuses = map[string]func(){
	"Unlock of a reader": func() {
		var mu sync.RWMutex
		mu.RLock()
		mu.Unlock()
	},
	"RUnlock of a writer": func() {
		var mu sync.RWMutex
		mu.Lock()
		mu.RUnlock()
	},
}

func TestShared(t *testing.T) {
	var mu sync.RWMutex
	total := 0
	mu.RLock()
	total++
	mu.Unlock() // want
	if total != 1 {
		t.Error(total)
	}
}

var shared sync.RWMutex

func TestPackageLock(t *testing.T) {
	shared.RLock()
	shared.Unlock() // want
}
