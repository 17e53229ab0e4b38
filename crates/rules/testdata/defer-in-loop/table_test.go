package table

import (
	"net/http/httptest"
	"testing"
)

func TestTable(t *testing.T) {
	for _, tt := range cases() {
		server := httptest.NewServer(nil)
		defer server.Close() // want
		get(server.URL + tt)
	}
	for _, tt := range cases() {
		t.Run(tt, func(t *testing.T) {
			server := httptest.NewServer(nil)
			defer server.Close()
		})
	}
}

func cases() []string { return nil }

var table = []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}

// Tables of cases are short, and so are the lives of tests.
func TestPackageTable(t *testing.T) {
	for range table {
		server := httptest.NewServer(nil)
		defer server.Close()
	}
}

func TestLocalTable(t *testing.T) {
	tests := []struct{ name string }{{"a"}, {"b"}, {"c"}, {"d"}, {"e"}, {"f"}, {"g"}, {"h"}, {"i"}}
	for _, tt := range tests {
		server := httptest.NewServer(nil)
		defer server.Close()
		_ = tt
	}
	for i := 0; i < 20; i++ {
		server := httptest.NewServer(nil)
		defer server.Close()
	}
}

func TestManyRounds(t *testing.T) {
	for i := 0; i < 5000; i++ {
		server := httptest.NewServer(nil)
		defer server.Close() // want "5000"
		get(server.URL)
	}
}

func get(string) {}

// They are there all at once, and that is all they are for.
func TestMany(t *testing.T) {
	for range cases() {
		server := httptest.NewServer(nil)
		defer server.Close()
	}
	if running() < len(cases()) {
		t.Fatal("not all of them run")
	}
}

func running() int { return 0 }
