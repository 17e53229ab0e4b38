package lookalikes

import (
	"sync"
	"testing"
)

// In tests taking a lock for nothing makes contention.
func TestContention(t *testing.T) {
	var mu sync.Mutex
	for range 10 {
		go func() {
			mu.Lock()
			mu.Unlock()
		}()
	}
	mu.Lock()
	mu.Unlock()
	t.Log("done")
}
