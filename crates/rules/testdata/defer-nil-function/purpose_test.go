package purpose

import "testing"

func TestPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	var f func()
	defer f()
}

func TestForgotten(t *testing.T) {
	var cleanup func()
	defer cleanup() // want "whatever happens before"
	cleanup = func() { t.Log("done") }
}

func start(on bool) func() {
	if !on {
		return nil
	}
	return func() {}
}

func helper(t *testing.T, on bool) {
	stop := start(on)
	defer stop()
}
