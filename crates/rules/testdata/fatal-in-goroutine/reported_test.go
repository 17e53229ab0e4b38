package fatal

import (
	"errors"
	"sync"
	"testing"
	"time"
)

func work() error { return errors.New("no") }

func TestGo(t *testing.T) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := work(); err != nil {
			t.Fatal(err) // want "ends only the goroutine"
		}
	}()
	<-done
}

func TestAllMethods(t *testing.T) {
	go func() {
		switch work() {
		case nil:
			t.Fatalf("%d", 1) // want
		case errors.ErrUnsupported:
			t.FailNow() // want
		}
	}()
	go func() {
		if work() != nil {
			t.Skip("no") // want
		}
		if work() != nil {
			t.Skipf("%d", 1) // want
		}
		t.SkipNow() // want
	}()
}

func BenchmarkGo(b *testing.B) {
	go func() {
		b.Fatal(work()) // want
	}()
}

func FuzzGo(f *testing.F) {
	go func() {
		f.Fatal(work()) // want
	}()
}

func helperOfAny(tb testing.TB, done chan struct{}) {
	go func() {
		defer close(done)
		tb.Fatal(work()) // want
	}()
}

func TestDirect(t *testing.T) {
	go t.Fatal("at once") // want
}

func TestDeferredThere(t *testing.T) {
	go func() {
		defer func() {
			if r := recover(); r != nil {
				t.Fatal(r) // want
			}
		}()
		work()
	}()
	go func() {
		defer t.FailNow() // want
		work()
	}()
}

func TestCalledThere(t *testing.T) {
	go func() {
		func() {
			t.Fatal(1) // want
		}()
		check := func(err error) {
			if err != nil {
				t.Fatal(err) // want
			}
		}
		check(work())
		check(work())
	}()
}

func TestVariable(t *testing.T) {
	worker := func() {
		t.Fatal(1) // want
	}
	go worker()
	go worker()
}

// The same literal is right in one place and wrong in another.
func TestCheckHereAndThere(t *testing.T) {
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	check(work())
	go func() {
		check(work()) // want "calls `t.Fatal(…)`"
	}()
}

func TestWaitGroupGo(t *testing.T) {
	var wg sync.WaitGroup
	wg.Go(func() {
		t.Fatal(1) // want
	})
	work := func() {
		t.Fatal(2) // want
	}
	wg.Go(work)
	wg.Wait()
}

func TestTimer(t *testing.T) {
	timer := time.AfterFunc(time.Minute, func() {
		t.Fatal("too slow") // want
	})
	defer timer.Stop()
}

func mustWork(t *testing.T) {
	t.Helper()
	if err := work(); err != nil {
		t.Fatal(err)
	}
}

func mustEqual(a, b int, t testing.TB) {
	func() {
		if a != b {
			t.Fatalf("%d != %d", a, b)
		}
	}()
}

type fixture struct {
	t *testing.T
}

func (fixture) ready(t *testing.T) {
	t.Skip("not ready")
}

func TestHelpers(t *testing.T) {
	go mustWork(t) // want "calls `t.Fatal(…)`"
	go func() {
		mustWork(t)        // want
		mustEqual(1, 2, t) // want
		f := fixture{t}
		f.ready(t) // want "calls `t.Skip(…)`"
	}()
}

func (f *fixture) serve() {
	go func() {
		f.t.Fatal(work()) // want
	}()
}

func TestSubtest(t *testing.T) {
	t.Run("sub", func(t *testing.T) {
		go func() {
			t.Fatal(work()) // want
		}()
	})
}

func TestParameter(t *testing.T) {
	go func(t *testing.T) {
		t.Fatal(work()) // want
	}(t)
}

// The outer goroutine is another one as well.
func TestNested(t *testing.T) {
	go func() {
		go func() {
			t.Fatal(work()) // want
		}()
	}()
}

type embedding struct {
	*testing.T
}

func TestEmbedded(t *testing.T) {
	e := embedding{t}
	go func() {
		e.Fatal(work()) // want-types
	}()
}

func withOptions(t *testing.T, options ...any) {
	for _, option := range options {
		if option == nil {
			t.Fatal("no option")
		}
	}
}

func TestOptions(t *testing.T) {
	done := make(chan bool)
	go func() {
		withOptions(t, "a") // want "`withOptions(…)` calls `t.Fatal(…)`"
		done <- true
	}()
	<-done
}
