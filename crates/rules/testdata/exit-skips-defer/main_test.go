package main

import (
	"log"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "tests")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	os.Exit(m.Run()) // want
}

func Example_copy() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(dir+"/x", nil, 0o600); err != nil {
		log.Fatal(err)
	}
}
