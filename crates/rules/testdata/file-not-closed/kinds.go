package files

import (
	"errors"
	"os"
)

type kind int

const (
	whole kind = iota
	head
	tail
)

// Every kind is named.
func openKind(k kind, path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	switch k {
	case whole, head:
		return f, nil
	case tail:
		f.Close()
	}
	return nil, nil
}

// One kind is not.
func openSome(k kind, path string) (*os.File, error) {
	f, err := os.Open(path) // want
	if err != nil {
		return nil, err
	}
	switch k {
	case whole:
		return f, nil
	case tail:
		f.Close()
		return nil, nil
	}
	return nil, errors.New("no such kind")
}
