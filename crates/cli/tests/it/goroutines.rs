//! Goroutines: what rules see across packages.

use crate::harness::Folder;

const POLL: &str = "\
package poll

func Forever(work func()) {
	for {
		work()
	}
}

func Until(stop <-chan struct{}, work func()) {
	for {
		select {
		case <-stop:
			return
		default:
			work()
		}
	}
}

func Twice(work func()) {
	work()
	work()
}
";

const CACHE: &str = "\
package cache

import \"example.com/m/poll\"

type Cache struct{ n int }

func (c *Cache) clean() {}

func New() *Cache {
	c := &Cache{}
	go poll.Forever(c.clean)
	return c
}

func NewInLiteral() *Cache {
	c := &Cache{}
	go func() {
		defer c.clean()
		poll.Forever(c.clean)
	}()
	return c
}

func NewUntil(stop <-chan struct{}) *Cache {
	c := &Cache{}
	go poll.Until(stop, c.clean)
	return c
}

func NewTwice() *Cache {
	c := &Cache{}
	go poll.Twice(c.clean)
	return c
}

type Store struct{ c Cache }

func (s *Store) Close() {}

func Open() *Store {
	s := &Store{}
	go poll.Forever(s.c.clean)
	return s
}
";

#[test]
fn a_loop_of_another_package_never_ends() {
    let folder = Folder::module(&[("poll/poll.go", POLL), ("cache/cache.go", CACHE)]);
    let rules = "goroutine-without-stop,start-without-stop";
    folder
        .check(&["--select", rules, "./..."])
        .exits(1)
        .finds(&[
            "cache/cache.go:11:2: goroutine-without-stop",
            "cache/cache.go:17:2: goroutine-without-stop",
            "cache/cache.go:42:2: start-without-stop",
        ]);
}

const FETCH_TEST: &str = "\
package fetch

import (
	\"context\"
	\"testing\"
)

func fetch(ctx context.Context, get func() string) string {
	ch := make(chan string)
	go func() {
		ch <- get()
	}()
	select {
	case s := <-ch:
		return s
	case <-ctx.Done():
		return \"\"
	}
}

func TestFetch(t *testing.T) {
	fetch(context.Background(), func() string { return \"\" })
}
";

#[test]
fn a_send_in_a_test_is_told_only_when_somebody_asks() {
    let send = ["fetch_test.go:11:3: abandoned-send"];
    let folder = Folder::module(&[("fetch_test.go", FETCH_TEST)]);
    folder.check(&["./..."]).exits(0).finds(&[]);
    for asked in ["abandoned-send", "goroutines"] {
        folder
            .check(&["--extend-select", asked, "./..."])
            .exits(1)
            .finds(&send);
    }
    let ignored = [
        "--extend-select",
        "goroutines",
        "--ignore",
        "abandoned-send",
        "./...",
    ];
    folder.check(&ignored).exits(0).finds(&[]);

    let folder = Folder::module(&[
        ("fetch_test.go", FETCH_TEST),
        ("deferscope.toml", "select = [\"goroutines\"]\n"),
    ]);
    folder.check(&["./..."]).exits(1).finds(&send);
}
