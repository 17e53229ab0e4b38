package table

import (
	"net/http/httptest"
	"testing"
)

func TestTable(t *testing.T) {
	for _, tt := range cases() {
		server := httptest.NewServer(nil)
		defer server.Close() // want
		_ = tt
	}
	for _, tt := range cases() {
		t.Run(tt, func(t *testing.T) {
			server := httptest.NewServer(nil)
			defer server.Close()
		})
	}
}

func cases() []string { return nil }
