package closes

import "testing"

func TestPanics(t *testing.T) {
	defer func() { _ = recover() }()
	c := make(chan int)
	close(c)
	close(c)
}

func TestForgets(t *testing.T) {
	c := make(chan int)
	defer close(c)
	if t.Failed() {
		close(c) // want
	}
}
