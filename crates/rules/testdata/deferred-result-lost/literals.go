package literals

import (
	"errors"
	"fmt"
	"log"
	"os"
)

type conn struct{}

func (*conn) Close() error      { return nil }
func (*conn) Rollback() error   { return nil }
func flush() (int, error)       { return 0, nil }
func cleanup() error            { return nil }
func check(err error) (ok bool) { return err == nil }

func closed(f *os.File) {
	defer func() error { // want "the deferred function returns `f.Close()` to nobody"
		return f.Close()
	}()
}

func variable(c *conn) {
	defer func() error { // want "returns `err` to nobody"
		err := c.Close()
		if err != nil {
			err = fmt.Errorf("close: %w", err)
		}
		return err
	}()
}

func onOnePath(c *conn) {
	defer func() error { // want "returns `err` to nobody"
		if err := c.Rollback(); err != nil {
			return err
		}
		return nil
	}()
}

func recovered() {
	defer func() (err error) { // want
		if r := recover(); r != nil {
			return fmt.Errorf("panicked: %v", r)
		}
		return nil
	}()
}

func two() {
	defer func() (int, error) { // want "returns `flush()` to nobody"
		return flush()
	}()
}

func second() {
	defer func() (int, error) { // want "returns `cleanup()` to nobody"
		return 0, cleanup()
	}()
}

func withArguments(c *conn) {
	defer func(c *conn) error { // want
		return c.Close()
	}(c)
}

func boolean(c *conn) {
	defer func() bool { // want "returns `check(c.Close())` to nobody"
		return check(c.Close())
	}()
}

func byName(c *conn) error {
	closeAll := func() error {
		return c.Close()
	}
	defer closeAll() // want "returns `c.Close()` to nobody"
	return nil
}

func inALiteral(c *conn) {
	run(func() {
		defer func() error { // want
			return c.Close()
		}()
	})
}

func made() {
	defer func() error { // want "returns `errors.New("
		return errors.New("closed")
	}()
}

func run(f func()) { f() }

// Nothing is lost.

func nothing() {
	defer func() error {
		cleanup()
		return nil
	}()
}

func constants(c *conn) {
	defer func() (int, bool, string) {
		if c.Close() != nil {
			return 1, false, "x"
		}
		return 0, true, ""
	}()
}

func noResults(c *conn) (err error) {
	defer func() {
		err = errors.Join(err, c.Close())
	}()
	return nil
}

func bareReturn(c *conn) {
	defer func() {
		if c == nil {
			return
		}
		c.Close()
	}()
}

func innerLiteral(c *conn) {
	defer func() {
		closeIt := func() error { return c.Close() }
		if err := closeIt(); err != nil {
			log.Print(err)
		}
	}()
}

func deferredMethod(c *conn) {
	defer c.Close()
	defer flush()
	defer cleanup()
}

// The same function is called elsewhere, where its result is used.
func usedTwice(c *conn) error {
	closeAll := func() error {
		return c.Close()
	}
	defer closeAll()
	return closeAll()
}

func helper(args ...string) func() {
	podman := func(args ...string) error { return cleanup() }
	if err := podman("create"); err != nil {
		return nil
	}
	defer podman("rm")
	return nil
}

func passedOn(c *conn) {
	closeAll := func() error { return c.Close() }
	defer closeAll()
	register(closeAll)
}

func register(func() error) {}

func called(c *conn) error {
	return func() error {
		return c.Close()
	}()
}

func spawned(c *conn) {
	go func() error {
		return c.Close()
	}()
}

func argument(c *conn) {
	defer register(func() error {
		return c.Close()
	})
}

// Another rule's: the result is a function.
func setup() {
	defer func() func() {
		return func() {}
	}()
}

func overwritten(c *conn) error {
	f := func() error { return c.Close() }
	if c == nil {
		f = func() error { return errors.New("none") }
	}
	defer f()
	return nil
}
