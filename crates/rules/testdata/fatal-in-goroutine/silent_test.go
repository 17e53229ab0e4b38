package fatal

import (
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
)

func TestOwnGoroutine(t *testing.T) {
	if err := work(); err != nil {
		t.Fatal(err)
	}
	func() {
		t.Fatal(1)
	}()
	defer func() {
		t.FailNow()
	}()
}

func TestErrorAndReturn(t *testing.T) {
	go func() {
		if err := work(); err != nil {
			t.Error(err)
			return
		}
		t.Errorf("%d", 1)
		t.Fail()
		t.Log("done")
	}()
}

func TestErrorOverChannel(t *testing.T) {
	errs := make(chan error, 1)
	go func() {
		errs <- work()
	}()
	if err := <-errs; err != nil {
		t.Fatal(err)
	}
}

// Subtests have goroutines of their own.
func TestSubtestInGoroutine(t *testing.T) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.Run("sub", func(t *testing.T) {
			t.Fatal(1)
		})
	}()
	<-done
}

func TestHelperInSubtestInGoroutine(t *testing.T) {
	go t.Run("sub", func(t *testing.T) {
		mustWork(t)
	})
}

func TestCleanup(t *testing.T) {
	t.Cleanup(func() {
		t.Fatal(1)
	})
}

func FuzzBody(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1 {
			t.Fatal(data)
		}
	})
}

func TestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		t.Fatal(1)
	})
}

// A literal that is defined in the goroutine's neighbourhood and called by the test.
func TestCalledByTest(t *testing.T) {
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	errs := make(chan error)
	go func() { errs <- work() }()
	check(<-errs)
}

// The goroutine only makes the literal.
func TestSentBack(t *testing.T) {
	checks := make(chan func())
	go func() {
		checks <- func() { t.Fatal(1) }
	}()
	(<-checks)()
}

// Some uses are not seen.
func TestKept(t *testing.T) {
	check := func() { t.Fatal(1) }
	checks := []func(){check}
	checks[0]()
}

func softly(t *testing.T) {
	t.Helper()
	if err := work(); err != nil {
		t.Error(err)
	}
}

func TestSoftHelper(t *testing.T) {
	go softly(t)
	go func() {
		softly(t)
	}()
}

// The helper ends the goroutine it starts, which is reported where it does.
func starts(t *testing.T) {
	t.Cleanup(func() { t.Fatal(1) })
}

func TestHelperStarts(t *testing.T) {
	go func() {
		starts(t)
	}()
}

// About another test than the one it is given.
func ofOther(t *testing.T, other *fixture) {
	t.Helper()
	other.t.FailNow()
}

func TestOther(t *testing.T) {
	go func() {
		ofOther(t, nil)
	}()
}

type logger struct{}

func (logger) Fatal(...any) {}
func (logger) FailNow()     {}
func (logger) Skip(...any)  {}

func TestOtherFatal(t *testing.T) {
	var l logger
	go func() {
		l.Fatal(1)
		l.FailNow()
		l.Skip()
	}()
}

type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Fatal(...any) { r.failed = true }

// Its own method, not that of the embedded one.
func TestRecorder(t *testing.T) {
	r := &recorder{TB: t}
	go func() {
		r.Fatal(1)
	}()
}

// A stand-in, to see whether something ends its goroutine.
func TestStandIn(t *testing.T) {
	fake := new(testing.T)
	other := &testing.T{}
	var third testing.T
	var wg sync.WaitGroup
	wg.Go(func() {
		fake.FailNow()
	})
	wg.Go(func() {
		other.Fatal(1)
	})
	wg.Go(func() {
		third.SkipNow()
	})
	wg.Go(func() {
		mustWork(fake)
	})
	wg.Wait()
	if !fake.Failed() {
		t.Fatal("not failed")
	}
}

func TestGoexit(t *testing.T) {
	go func() {
		defer runtime.Goexit()
		work()
	}()
}

func BenchmarkParallelRight(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := work(); err != nil {
				b.Error(err)
				return
			}
		}
	})
	if b.Failed() {
		b.FailNow()
	}
}

type group struct{ err error }

// Runs it on the spot, whatever its name is.
func (g *group) Go(f func()) { f() }

func TestOwnGroup(t *testing.T) {
	var g group
	g.Go(func() {
		t.Fatal(errors.New("here"))
	})
}

// Given to a function that may do what it likes.
func each(f func(int)) { f(1) }

func TestCallback(t *testing.T) {
	each(func(int) {
		t.Fatal(1)
	})
}

// The benchmark waits for its goroutines, and fails with them.
func BenchmarkParallel(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := work(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Fails for options it does not know.
func start(t *testing.T, options ...any) int {
	for _, option := range options {
		switch option.(type) {
		case string:
		default:
			t.Fatalf("unknown option %v", option)
		}
	}
	return len(options)
}

func TestWithoutOptions(t *testing.T) {
	started := make(chan int)
	go func() {
		started <- start(t)
	}()
	<-started
}
