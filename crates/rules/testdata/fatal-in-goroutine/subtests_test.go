package fatal

import "testing"

func TestOuterInSubtest(t *testing.T) {
	t.Run("a", func(sub *testing.T) {
		if err := work(); err != nil {
			t.Fatal(err) // want "is called on the test around this subtest"
		}
	})
	t.Run("b", func(_ *testing.T) {
		func() {
			t.Skip("not today") // want
		}()
	})
	body := func(sub *testing.T) {
		t.FailNow() // want
	}
	t.Run("c", body)
}

func BenchmarkOuterInSubtest(b *testing.B) {
	b.Run("a", func(sub *testing.B) {
		b.Fatal("x") // want
	})
}

func TestOwnInSubtest(t *testing.T) {
	t.Run("a", func(t *testing.T) {
		t.Fatal("its own")
	})
	t.Run("b", func(sub *testing.T) {
		sub.Fatal("its own")
		t.Error("goes on")
		helper(sub)
	})
	t.Run("c", func(sub *testing.T) {
		sub.Run("d", func(inner *testing.T) {
			inner.FailNow()
		})
	})
	body := func(sub *testing.T) {
		t.FailNow()
	}
	body(t)
}

type runner struct{}

func (runner) Run(name string, f func(*testing.T)) { f(nil) }

func TestOtherRun(t *testing.T) {
	var r runner
	r.Run("a", func(sub *testing.T) {
		t.Fatal("who knows where")
	})
}

func helper(t *testing.T) { t.FailNow() }

func TestReassigned(t *testing.T) {
	f := func(t *testing.T) { t.Fatal("x") }
	go f(t) // want
	f = func(t *testing.T) { t.Error("x") }
	go f(t)
}
