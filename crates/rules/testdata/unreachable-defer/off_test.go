package dead

import (
	"os"
	"testing"
)

// Takes hours.
func TestOff(t *testing.T) {
	return

	f, err := os.CreateTemp("", "off")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	t.Log(f.Name())
}

func TestHalf(t *testing.T) {
	f, err := os.CreateTemp("", "half")
	if err != nil {
		t.Fatal(err)
	}
	t.Log(f.Name())
	return
	defer f.Close() // want "the `return` before it always leaves the function"
}
