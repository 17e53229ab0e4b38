package subtests

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
)

func get(t *testing.T, url string) {
	if _, err := http.Get(url); err != nil {
		t.Fatal(err)
	}
}

func TestServer(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close() // want "parallel subtests"
	t.Run("a", func(t *testing.T) {
		t.Parallel()
		get(t, srv.URL)
	})
}

func TestTable(t *testing.T) {
	f, err := os.Open("x")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() // want
	for _, tt := range []struct{ name string }{{"a"}, {"b"}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f.Stat()
		})
	}
}

func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel() // want
	t.Run("a", func(t *testing.T) {
		t.Parallel()
		<-ctx.Done()
	})
}

func setup(t *testing.T) (*os.File, func()) { return nil, func() {} }

func TestCleanupFunction(t *testing.T) {
	f, cleanup := setup(t)
	defer cleanup() // want
	t.Run("a", func(t *testing.T) {
		t.Parallel()
		f.Stat()
	})
}

func teardown() {}

func TestTeardown(t *testing.T) {
	defer teardown() // want
	t.Run("a", func(t *testing.T) {
		t.Parallel()
	})
}

func parallel(t *testing.T) {
	t.Helper()
	t.Parallel()
}

// Hard: a helper makes it parallel.
func TestHelper(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close() // want
	t.Run("a", func(t *testing.T) {
		parallel(t)
		get(t, srv.URL)
	})
}

func testOne(t *testing.T) {
	t.Parallel()
}

func TestNamed(t *testing.T) {
	defer teardown() // want
	t.Run("one", testOne)
}

// Hard: the literal that is deferred does several things.
func TestLiteral(t *testing.T) {
	dir, err := os.MkdirTemp("", "x")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { // want
		if err := os.RemoveAll(dir); err != nil {
			t.Log(err)
		}
	}()
	t.Run("a", func(t *testing.T) {
		t.Parallel()
		os.ReadDir(dir)
	})
}

func TestNotParallel(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	t.Run("a", func(t *testing.T) {
		get(t, srv.URL)
	})
}

func TestOuterParallel(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	t.Run("a", func(t *testing.T) {
		get(t, srv.URL)
	})
}

func TestCleanup(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(srv.Close)
	t.Run("a", func(t *testing.T) {
		t.Parallel()
		get(t, srv.URL)
	})
}

func TestGrouped(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	t.Run("group", func(t *testing.T) {
		for _, name := range []string{"a", "b"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				get(t, srv.URL)
			})
		}
	})
}

func TestInside(t *testing.T) {
	t.Run("a", func(t *testing.T) {
		t.Parallel()
		srv := httptest.NewServer(http.NotFoundHandler())
		defer srv.Close()
		get(t, srv.URL)
	})
}

func TestUnused(t *testing.T) {
	f, err := os.Open("x")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.Stat()
	t.Run("a", func(t *testing.T) {
		t.Parallel()
	})
}

func TestLock(t *testing.T) {
	var mu sync.Mutex
	mu.Lock()
	defer mu.Unlock()
	t.Run("a", func(t *testing.T) {
		t.Parallel()
		mu.Lock()
		mu.Unlock()
	})
}

func TestOtherParallel(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	outer := t
	t.Run("a", func(t *testing.T) {
		outer.Parallel()
		get(t, srv.URL)
	})
}

func TestRecover(t *testing.T) {
	defer func() { recover() }()
	t.Run("a", func(t *testing.T) {
		t.Parallel()
	})
}

// Hard: the deferred call of a helper literal runs before the subtests are started, on purpose.
func TestScoped(t *testing.T) {
	var names []string
	func() {
		f, err := os.Open("x")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		names, _ = f.Readdirnames(-1)
	}()
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
		})
	}
}

// Hard: only some of the subtests are parallel, and those do not use it.
func TestMixed(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	t.Run("a", func(t *testing.T) {
		get(t, srv.URL)
	})
	t.Run("b", func(t *testing.T) {
		t.Parallel()
	})
}
