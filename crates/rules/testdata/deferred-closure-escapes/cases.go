package escapes

type store struct{ n int }

func (s *store) done(int) {}

var global int

func one(s *store, ns []int) {
	for range ns {
		defer func() { s.done(1) }() // want "because it uses `s` and waits"
	}
}

func many(s *store, ns []int, k int) {
	for _, n := range ns {
		m := n
		defer func() { s.done(m + n + k) }() // want "`s`, `k` and 2 more variables"
	}
}

func nested(s *store, ns []int) {
	for range ns {
		defer func() { // want "uses `s`"
			func() { s.done(1) }()
		}()
	}
}

// What is declared in the literal or in the package is not captured.
func own(ns []int) {
	for range ns {
		defer func() {
			x := global
			global = x + 1
		}()
	}
}

// Arguments are evaluated at once.
func arguments(s *store, ns []int) {
	for _, n := range ns {
		defer func(n int) { global += n }(n)
	}
}

// Outside of loops the literal stays on the stack.
func outside(s *store) {
	defer func() { s.done(1) }()
}
