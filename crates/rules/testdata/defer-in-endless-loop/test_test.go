package tests

import (
	"os"
	"testing"
)

// FailNow ends the goroutine, and deferred calls run then.
func TestUntilFailure(t *testing.T) {
	for {
		f, err := os.CreateTemp(t.TempDir(), "x")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
}
