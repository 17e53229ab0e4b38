package late

import (
	"errors"
	"os"
)

type lock struct{ file *os.File }

func (l *lock) Release() error { return l.file.Close() }

type locker interface {
	Acquire(name string) (*lock, bool, error)
}

func open(name string) (*os.File, bool, error) {
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, false, nil
	}
	return f, err == nil, err
}

// Without the lock there is nothing to release.
func locks(l locker, name string, work func() error) error {
	held, acquired, err := l.Acquire(name)
	if err != nil {
		return err
	}
	if !acquired {
		return nil
	}
	defer held.Release()
	return work()
}

func opens(name string, work func(*os.File) error) error {
	f, found, err := open(name)
	if err != nil {
		return err
	}
	if !found {
		return nil
	}
	defer f.Close()
	return work(f)
}

// The other way round, or with a condition beside.
func opensIf(name string, wanted bool, work func(*os.File) error) error {
	f, ok, err := open(name)
	if err != nil {
		return err
	}
	if ok && !wanted {
		return nil
	}
	defer f.Close() // want
	return work(f)
}

// That it is new does not say whether it is there.
func opensNew(name string, work func(*os.File) error) error {
	f, created, err := openNew(name)
	if err != nil {
		return err
	}
	if !created {
		return errors.New("nothing new")
	}
	defer f.Close() // want
	return work(f)
}

func openNew(name string) (*os.File, bool, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	return f, err == nil, err
}
