package silent

import (
	"errors"
	"fmt"
	"log"
)

func work()       {}
func step() error { return nil }
func cleanup()    {}

var failed bool

func bare() {
	defer func() {
		recover() // want "a panic is recovered here and nothing is done about it: nobody gets to know of it"
	}()
	work()
}

func oneLine() {
	defer func() { recover() }() // want
	work()
}

func blank() {
	defer func() { _ = recover() }() // want
	work()
}

func looksAtIt() {
	defer func() {
		if r := recover(); r != nil { // want
		}
	}()
	work()
}

func returnsOnly() {
	defer func() {
		if r := recover(); r != nil { // want
			return
		}
	}()
	work()
}

func keepsIt() {
	defer func() {
		r := recover() // want
		_ = r
	}()
	work()
}

func declares() {
	defer func() {
		var r = recover() // want
		_ = r
	}()
	work()
}

func returnsNilError() error {
	defer func() { recover() }() // want "the function returns a nil error, as if all had gone well"
	work()
	return step()
}

func namedError() (n int, err error) {
	defer func() { recover() }() // want "a nil error"
	work()
	return 1, step()
}

func goroutine() {
	go func() {
		defer func() { recover() }() // want
		work()
	}()
}

func byName() {
	ignore := func() { recover() } // want
	defer ignore()
	work()
}

func compared() {
	defer func() {
		if recover() == nil { // want
			return
		}
	}()
	work()
}

// A comment elsewhere explains nothing.
func commentElsewhere() {
	work() // this may panic

	defer func() { recover() }() // want
	work()                       // really
}

func commentBehindTheLineBefore() {
	work()                       // this is other code
	defer func() { recover() }() // want
	work()
}

func eachJob(jobs []func()) {
	for _, job := range jobs {
		func() {
			defer func() { recover() }() // want
			job()
		}()
	}
}

// Not silent.

// Somebody thought about it.
func switchable(debug bool) {
	if !debug {
		defer func() { recover() }()
	}
	work()
}

func guardsComparison(x, y any) (same bool) {
	func() {
		defer func() { recover() }()
		same = x == y
	}()
	return same
}

func guardsAssertion(x any) string {
	name := "unknown"
	func() {
		defer func() { recover() }()
		if s, ok := x.(fmt.Stringer); ok {
			name = s.String()
		}
	}()
	return name
}

func logged() {
	defer func() {
		if r := recover(); r != nil {
			log.Print(r)
		}
	}()
	work()
}

func turnedIntoError() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panicked: %v", r)
		}
	}()
	work()
	return nil
}

func flagSet() {
	defer func() {
		if recover() != nil {
			failed = true
		}
	}()
	work()
}

func doesMore() {
	defer func() {
		recover()
		cleanup()
	}()
	work()
}

func sent(c chan any) {
	defer func() { c <- recover() }()
	work()
}

func panicsAgain() {
	defer func() {
		if r := recover(); r != nil {
			panic(r)
		}
	}()
	work()
}

func explained(c chan int) {
	// The receiver may have closed the channel.
	defer func() { recover() }()
	c <- 1
}

func explainedBehind(c chan int) {
	defer func() { recover() }() // closed by the receiver
	c <- 1
}

func explainedInside(c chan int) {
	defer func() {
		// closed by the receiver
		recover()
	}()
	c <- 1
}

func explainedInBranch(c chan int) {
	defer func() {
		if r := recover(); r != nil {
			// closed by the receiver
		}
	}()
	c <- 1
}

func explainedAround(x, y any) (same bool) {
	// Comparing two values of a type that cannot be compared panics.
	func() {
		defer func() { recover() }()
		same = x == y
	}()
	return same
}

func tells(x any) (ok bool) {
	defer func() { recover() }()
	_ = x.(fmt.Stringer).String()
	return true
}

func tellsUnnamed(x any) string {
	defer func() { _ = recover() }()
	return x.(fmt.Stringer).String()
}

var errPanicked = errors.New("panicked")

func tellsByError() (err error) {
	err = errPanicked
	defer func() { recover() }()
	work()
	return nil
}

func tellsByLaterDefer() (err error) {
	done := false
	defer func() {
		if !done {
			err = errPanicked
		}
	}()
	defer func() { recover() }()
	work()
	done = true
	return nil
}

// Deferring it is not silent by itself, and its name says what it does.
func ignorePanic() {
	recover()
}

func helper() {
	defer ignorePanic()
	work()
}

// recover-misplaced, and not recovered at all.
func misplaced() {
	func() { recover() }()
	defer func() {
		func() { recover() }()
	}()
	work()
}

func loops() {
	defer func() {
		for recover() != nil {
			cleanup()
		}
	}()
	work()
}
