package values

import "time"

type stats struct {
	took time.Duration
	rows []int
	sub  struct{ n int }
	next *stats
}

type custom struct{}

func (*custom) Error() string { return "" }

func work() {}

func elapsed() stats {
	start := time.Now()
	var s stats
	defer func() {
		s.took = time.Since(start) // want "`s` has been returned by the time the deferred function assigns to it"
	}()
	work()
	return s
}

func nestedField() stats {
	var s stats
	defer func() {
		s.sub.n++ // want "`s` has been returned"
	}()
	work()
	return s
}

func fallback() string {
	name := "x"
	defer func() {
		if recover() != nil {
			name = "unknown" // want "`name` has been returned"
		}
	}()
	work()
	return name
}

func flag() bool {
	ok := true
	defer func() {
		if r := recover(); r != nil {
			ok = false // want
		}
	}()
	work()
	return ok
}

func counted() (int, bool) {
	n := 0
	defer func() { n++ }() // want
	return n, true
}

func slice() []int {
	var rows []int
	defer func() {
		rows = append(rows, 1) // want
	}()
	return rows
}

func pointer() *stats {
	s := &stats{}
	defer func() {
		if recover() != nil {
			s = nil // want
		}
	}()
	work()
	return s
}

func customError() *custom {
	var err *custom
	defer func() {
		err = &custom{} // want
	}()
	return err
}

func parenthesised() bool {
	ok := true
	defer func() {
		ok = false // want
	}()
	return (ok)
}

// Nothing is lost.

func throughPointer() *stats {
	start := time.Now()
	s := &stats{}
	defer func() {
		s.took = time.Since(start)
	}()
	work()
	return s
}

func throughField() stats {
	s := stats{next: &stats{}}
	defer func() {
		s.next.took = 1
		s.rows[0] = 1
	}()
	work()
	return s
}

func address() *stats {
	start := time.Now()
	var s stats
	defer func() {
		s.took = time.Since(start)
	}()
	work()
	return &s
}

func named() (s stats) {
	defer func() { s.took = 1 }()
	return s
}

func element() []int {
	rows := make([]int, 1)
	defer func() { rows[0] = 1 }()
	return rows
}

func entry() map[string]int {
	m := map[string]int{}
	defer func() { m["a"] = 1 }()
	return m
}

func usedButNotReturned() int {
	n := 0
	defer func() { n = 5 }()
	return n + 1
}

func state() bool {
	open := true
	work()
	defer func() {
		open = false
		work()
	}()
	return !!open || len("x") > 0
}

func returnedBefore(b bool) bool {
	ok := true
	if b {
		return ok
	}
	defer func() { ok = false }()
	return true
}

func readAfter() int {
	n := 0
	defer func() { println(n) }()
	defer func() { n++ }()
	return n
}

func guard() bool {
	done := false
	defer func() {
		if !done {
			work()
		}
	}()
	work()
	done = true
	return done
}
