package discarded

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

func touched(path string) error {
	_, err := os.Create(path) // want "nobody holds the file"
	return err
}

func byStatement(path string) {
	os.Create(path) // want
}

func allBlank(path string) {
	_, _ = os.OpenFile(path, os.O_CREATE, 0o600) // want
}

func exists(path string) bool {
	_, err := os.Open(path) // want
	return err == nil
}

func existsInIf(path string) bool {
	if _, err := os.Open(path); err != nil { // want
		return false
	}
	return true
}

func reachable(addr string) error {
	_, err := net.Dial("tcp", addr) // want "connection"
	return err
}

func pinged(url string) error {
	_, err := http.Get(url) // want
	return err
}

func queried(ctx context.Context, db *sql.DB) error {
	_, err := db.QueryContext(ctx, "delete from t") // want
	return err
}

func listened(addr string) bool {
	_, err := net.Listen("tcp", addr) // want
	return err == nil
}

// A function of the program that opens.
func helper(path string) error {
	_, err := openOrMake(path) // want
	return err
}

func openOrMake(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	return f, nil
}

// Right from here on.

func closed(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return f.Close()
}

func statted(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func handed(path string) (io.ReadCloser, error) {
	return os.Open(path)
}

func kept(path string, keep func(*os.File)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	keep(f)
	return nil
}

func read(path string) ([]byte, error) {
	return os.ReadFile(path)
}

func executed(db *sql.DB) error {
	_, err := db.Exec("delete from t")
	return err
}

func written(path string, data []byte) error {
	return os.WriteFile(path, data, 0o600)
}

func request(url string) error {
	_, err := http.NewRequest("GET", url, nil)
	return err
}

func used(path string) {
	use(os.Open(path))
}

func use(f *os.File, err error) {
	if err == nil {
		f.Close()
	}
}

func inherited() {
	_ = os.NewFile(3, "socket")
}

func dir(path string) error {
	_, err := os.ReadDir(path)
	return err
}

func resolved(addr string) error {
	_, err := net.ResolveTCPAddr("tcp", addr)
	return err
}

func one(db *sql.DB) (n int, err error) {
	err = db.QueryRow("select 1").Scan(&n)
	return n, err
}

func fetch(url string) (io.ReadCloser, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusNoContent {
		resp.Body.Close()
		return nil, nil
	}
	return resp.Body, nil
}

func put(url string) (io.ReadCloser, error) {
	return fetch(url)
}

// What answers that way may be known not to give anything.
func mark(url string) error {
	_, err := put(url + "/mark")
	return err
}
