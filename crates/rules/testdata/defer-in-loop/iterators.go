package iterators

import (
	"iter"
	"os"
)

type tree struct{}

func (tree) Paths() iter.Seq[string] { return func(func(string) bool) {} }

func (tree) Files() iter.Seq2[*os.File, error] { return func(func(*os.File, error) bool) {} }

// The body of such a loop is compiled to a function, but the defer belongs to the one around.
func overFunction(t tree) {
	for path := range t.Paths() {
		f, err := os.Open(path)
		if err != nil {
			return
		}
		defer f.Close() // want "runs when `overFunction` returns"
	}
}

// The iterator opens what it gives.
func opensWhatItGives(t tree) error {
	for f, err := range t.Files() {
		if err != nil {
			return err
		}
		defer f.Close() // want-types
	}
	return nil
}

func untilFirst(t tree) {
	for path := range t.Paths() {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		defer f.Close()
		return
	}
}
