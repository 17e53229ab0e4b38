package kernel

import "testing"

// A file with tests that is not called so.
func TestKernel(t *testing.T) {
	results := make(chan int)
	quit := make(chan struct{})
	go func() { results <- 1 }() // want "nobody receives from `results`"
	go func() { close(quit) }()
	select {
	case <-results:
	case <-quit:
	}
}

func TestRight(t *testing.T) {
	results := make(chan int, 1)
	go func() { results <- 1 }()
	select {
	case <-results:
	default:
	}
}
