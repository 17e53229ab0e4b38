package cleanup

import (
	"errors"
	"os"
)

var errSetup = errors.New("setup")

func setup(dir string) (func(), error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return func() { os.RemoveAll(dir) }, nil
}

// This one always has something to call.
func setupAlways(dir string) (func(), error) {
	noop := func() {}
	if dir == "" {
		return noop, errSetup
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return func() { os.RemoveAll(dir) }, err
	}
	return cleanupNothing, nil
}

func cleanupNothing() {}

type session struct{ open bool }

func connect(address string) (*session, error) {
	s := &session{}
	if address == "" {
		return nil, errSetup
	}
	return s, nil
}

func (s *session) Close() { s.open = false }

func (s *session) Release() {
	if s == nil {
		return
	}
	s.open = false
}

func (s session) Drop() {}

type pool struct {
	session
	extra *session
}

func newPool() (*pool, error) { return nil, errSetup }

func nilFunction(dir string) error {
	remove, err := setup(dir)
	defer remove() // want "when `setup(…)` fails, `remove` is nil and the deferred call panics when `nilFunction` returns"
	if err != nil {
		return err
	}
	return nil
}

func nilFunctionInLiteral(dir string) error {
	remove, err := setup(dir)
	defer func() { remove() }() // want "the deferred call panics"
	if err != nil {
		return err
	}
	return nil
}

func localFunction() error {
	open := func() (func(), error) { return nil, errSetup }
	done, err := open()
	defer done() // want "`done` is nil"
	if err != nil {
		return err
	}
	return nil
}

func ownMethod() error {
	s, err := connect("")
	defer s.Close() // want "when `connect(…)` fails, `s` is nil and the deferred call is made on it"
	if err != nil {
		return err
	}
	return nil
}

// A method of the value copies it, which a nil pointer does not allow.
func valueMethod() error {
	s, err := connect("")
	defer s.Drop() // want "`s` is nil and this line panics"
	if err != nil {
		return err
	}
	return nil
}

func promoted() error {
	p, err := newPool()
	defer p.Close() // want "`p` is nil and this line panics"
	if err != nil {
		return err
	}
	return nil
}

func field() error {
	p, err := newPool()
	defer p.extra.Release() // want "`p` is nil and this line panics"
	if err != nil {
		return err
	}
	return nil
}

type opener interface {
	Open() (func(), error)
}

// Look-alikes.

// Those who implement the interface may give a function that does nothing.
func ofInterface(o opener) error {
	done, err := o.Open()
	defer done()
	return err
}

func alwaysUsable(dir string) error {
	remove, err := setupAlways(dir)
	defer remove()
	if err != nil {
		return err
	}
	return nil
}

func expectsNil() error {
	s, err := connect("")
	defer s.Release()
	if err != nil {
		return err
	}
	return nil
}

func comparedInDefer(dir string) error {
	remove, err := setup(dir)
	defer func() {
		if remove != nil {
			remove()
		}
	}()
	return err
}

func comparedBefore() error {
	s, err := connect("")
	if s != nil {
		defer s.Close()
	}
	return err
}

func helper() error {
	s, err := connect("")
	defer closeQuietly(s)
	if err != nil {
		return err
	}
	return nil
}

func closeQuietly(s *session) {
	if s != nil {
		s.Close()
	}
}
