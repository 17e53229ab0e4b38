package stubs

import (
	"errors"
	"io"
)

// A stub: what it gives once it does something is not seen.
func open() (io.ReadCloser, error) { return nil, nil }

type pair struct {
	r io.ReadCloser
	n int
}

func (p pair) stop() {}

func openPair() (pair, error) { return pair{}, nil }

func failing(ok bool) (pair, error) {
	if !ok {
		return pair{}, errors.New("no")
	}
	return pair{r: io.NopCloser(nil), n: 1}, nil
}

func stub() {
	r, err := open()
	defer r.Close() // want
	if err != nil {
		return
	}
}

func fieldOfStub() {
	p, err := openPair()
	defer p.r.Close() // want
	if err != nil {
		return
	}
}

func fieldOfZero() error {
	p, err := failing(false)
	defer p.r.Close() // want "`p` is a zero value"
	if err != nil {
		return err
	}
	return nil
}

func fieldChecked() error {
	p, err := failing(false)
	if err != nil {
		return err
	}
	defer p.r.Close()
	return nil
}

// A method of the struct itself can be called.
func methodOfZero() error {
	p, err := failing(false)
	defer p.stop()
	return err
}

type usable struct{ c io.Closer }

func always(ok bool) (usable, error) {
	u := usable{c: io.NopCloser(nil)}
	if !ok {
		return u, errors.New("no")
	}
	return u, nil
}

func fieldOfUsable() error {
	u, err := always(true)
	defer u.c.Close()
	return err
}

// It never fails, and gives something.
func never() (io.Closer, error) { return io.NopCloser(nil), nil }

func ofNever() error {
	c, err := never()
	defer c.Close()
	return err
}
