package silent

import "testing"

func TestExpected(t *testing.T) {
	defer func() { recover() }()
	panic("expected")
}
