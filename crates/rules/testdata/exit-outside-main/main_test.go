package library

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	os.Exit(m.Run()) // want "not needed"
}

func helper() {
	os.Exit(1)
}
