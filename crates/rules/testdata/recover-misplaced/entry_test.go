package entry

import "testing"

func TestPanics(t *testing.T) {
	mustPanic()
	if recover() == nil { // want
		t.Fatal("no panic")
	}
}

func BenchmarkPanics(b *testing.B) {
	recover() // want
}

func TestRight(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("no panic")
		}
	}()
	mustPanic()
}

func TestSubtest(t *testing.T) {
	t.Run("x", func(t *testing.T) {
		defer expectPanic(t)
		mustPanic()
	})
}

func expectPanic(t *testing.T) {
	if recover() == nil {
		t.Fatal("no panic")
	}
}

func TestHelperInLiteral(t *testing.T) {
	defer func() {
		expectPanic(t) // want
	}()
	mustPanic()
}

type suite struct{}

func (suite) TestMethod() {
	recover()
}

func mustPanic() {}

func TestingHelper(t *testing.T, what string) {
	if r := recover(); r != nil {
		t.Errorf("%s: %v", what, r)
	}
}

func BenchmarkGuard() {
	recover()
}

func TestWithGuards(t *testing.T) {
	defer TestingHelper(t, "x")
	defer BenchmarkGuard()
	mustPanic()
}
