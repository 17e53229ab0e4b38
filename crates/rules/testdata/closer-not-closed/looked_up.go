package closers

import (
	"errors"
	"os"
)

// A directory of stores: what is found there is closed with the directory.
type directory struct {
	stores map[string]*store
}

func (d *directory) find(name string) *store { return d.stores[name] }

func (s *store) reopen() error {
	f, err := os.OpenFile(s.path, os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	s.file.Close()
	s.file = f
	return nil
}

func (d *directory) reopen(name string) error {
	s := d.find(name)
	if s == nil {
		return errors.New("no such store")
	}
	return s.reopen()
}

// A kind names all there is.
type Kind int

const (
	KindFile Kind = iota
	KindStore
)

func open(kind Kind, path string) (any, error) {
	s := &store{path: path}
	if err := s.open(); err != nil {
		return nil, err
	}
	switch kind {
	case KindFile:
		return s.file, nil
	case KindStore:
		return s, nil
	}
	return nil, errors.New("no such kind")
}

func openLater(kind Kind, path string) (any, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	switch kind {
	case KindFile:
		return f, nil
	case KindStore:
		return &store{path: path, file: f}, nil
	}
	return nil, errors.New("no such kind")
}

func isCorrupted(err error) bool { return errors.Is(err, os.ErrInvalid) }

func recovers(path string) (*store, error) {
	s, err := newStore(path)
	if isCorrupted(err) {
		s, err = newStore(path + ".bak")
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}
