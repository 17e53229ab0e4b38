package discarded

import (
	"errors"
	"io/fs"
	"log"
	"os"
	"testing"
)

// Helpers of tests that are in no file of tests: an error is what they want.

func refusesMissing(t *testing.T, name string) {
	_, err := os.Open(name)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("a missing file: %v", err)
	}
}

func refusesEmpty(t *testing.T, name string) {
	_, err := os.Open(name)
	if err == nil {
		t.Fatal("an empty name was opened")
	}
	t.Log(err)
}

func refusesOther(t *testing.T, name string, wanted error) {
	if _, err := os.Open(name); err != wanted {
		t.Fatalf("want %v, got %v", wanted, err)
	}
}

func mustNotBeThere(name string) {
	_, err := os.Open(name)
	if err == nil {
		log.Fatalf("%s is there", name)
	}
}

// These go on when there is no error.

func mayBeThere(t *testing.T, name string) {
	_, err := os.Open(name) // want
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}

func mustBeThere(t *testing.T, name string) {
	_, err := os.Open(name) // want
	if err != nil {
		t.Fatal(err)
	}
}

func tells(t *testing.T, name string) bool {
	_, err := os.Open(name) // want
	if err == nil {
		t.Log("there")
		return true
	}
	return false
}

func notesOnly(t *testing.T, name string) {
	_, err := os.Open(name) // want
	if err == nil {
		t.Error("there")
	}
}
