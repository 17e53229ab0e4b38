package blocks

type store struct{ n int }

func (s *store) done(int) {}

func nine(s *store) {
	defer s.done(1) // want "9 defers in this function"
	defer s.done(2)
	defer s.done(3)
	defer s.done(4)
	defer s.done(5)
	defer s.done(6)
	defer s.done(7)
	defer s.done(8)
	defer s.done(9)
}

func eight(s *store) {
	defer s.done(1)
	defer s.done(2)
	defer s.done(3)
	defer s.done(4)
	defer s.done(5)
	defer s.done(6)
	defer s.done(7)
	defer s.done(8)
}

func exits(s *store, n int) int {
	defer s.done(1) // want "4 returns × 4 defers = 16"
	defer s.done(2)
	defer s.done(3)
	defer s.done(4)
	if n == 1 {
		return s.n
	}
	if n == 2 {
		return s.n + 1
	}
	if n == 3 {
		return s.n + 2
	}
	return s.n + 3
}

// A defer in a loop is what stands in the way, and another rule says so.
func loops(s *store, n int) {
	defer s.done(1)
	for range n {
		defer s.done(2)
	}
}

// Each literal is counted for itself.
func literals(s *store) {
	defer s.done(1)
	func() {
		defer s.done(1) // want "9 defers"
		defer s.done(2)
		defer s.done(3)
		defer s.done(4)
		defer s.done(5)
		defer s.done(6)
		defer s.done(7)
		defer s.done(8)
		defer s.done(9)
	}()
}
