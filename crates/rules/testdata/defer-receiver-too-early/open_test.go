package open

import (
	"os"
	"testing"
)

func TestTwice(t *testing.T) {
	f, err := os.Open("a")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f, err = os.Open("b")
	if err != nil {
		t.Fatal(err)
	}
	t.Log(f.Name())
}
