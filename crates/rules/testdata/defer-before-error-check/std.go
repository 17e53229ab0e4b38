package std

import (
	"bufio"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

// The body is looked up when the defer is passed.
func body(url string) ([]byte, error) {
	resp, err := http.Get(url)
	defer resp.Body.Close() // want "`defer` comes before `err` is checked: when `http.Get(…)` fails, `resp` is"
	if err != nil {
		return nil, err
	}
	return io.ReadAll(resp.Body)
}

func rows(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "select 1")
	defer rows.Close() // want "nil and the deferred call"
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return rows.Err()
}

// An interface without a value has no method to defer.
func listen(address string) error {
	l, err := net.Listen("tcp", address)
	defer l.Close() // want "`l` is nil and"
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	_, err = l.Accept()
	return err
}

// Closing a nil file returns an error, no more.
func file(path string) error {
	f, err := os.Open(path)
	defer f.Close() // want "`f` is nil and the deferred call only returns an error that nobody sees"
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, f)
	return err
}

func tempFile() error {
	f, err := os.CreateTemp("", "x")
	defer os.Remove(f.Name()) // want "`f` is nil and this line panics"
	if err != nil {
		return err
	}
	return f.Close()
}

// Statements in between change nothing.
func notAdjacent(path string) error {
	f, err := os.Open(path)
	fmt.Println("opening", path)
	buffer := make([]byte, 10)
	z, zerr := gzip.NewReader(bufio.NewReader(f)) // the first error is still unseen
	defer z.Close()                               // want-types "when `gzip.NewReader(…)` fails, `z` is nil"
	if zerr != nil || err != nil {
		return zerr
	}
	_, err = z.Read(buffer)
	return err
}

// The first error is lost: the second call overwrites it.
func overwritten(from, to string) error {
	in, err := os.Open(from)
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer out.Close()
	defer in.Close() // want "when `os.Open(…)` fails"
	_, err = io.Copy(out, in)
	return err
}

func neverChecked(url string) string {
	resp, err := http.Get(url)
	defer resp.Body.Close() // want "when `http.Get(…)` fails"
	text, _ := io.ReadAll(resp.Body)
	log.Println(string(text), err)
	return string(text)
}

func inLiteral(url string) error {
	resp, err := http.Get(url)
	defer func() { // want "the deferred call"
		if err := resp.Body.Close(); err != nil {
			log.Println(err)
		}
	}()
	if err != nil {
		return err
	}
	return nil
}

// One branch looks, the other does not.
func otherBranch(path string, plain bool) (err error) {
	var f *os.File
	if plain {
		if f, err = os.Open(path); err != nil {
			return err
		}
	} else {
		f, err = os.Create(path)
	}
	defer f.Close() // want "when `os.Create(…)` fails"
	if err != nil {
		return err
	}
	return nil
}

func inLoop(urls []string) error {
	for _, url := range urls {
		err := func() error {
			resp, err := http.Get(url)
			defer resp.Body.Close() // want
			if err != nil {
				return err
			}
			return nil
		}()
		if err != nil {
			return err
		}
	}
	return nil
}

func transaction(db *sql.DB) error {
	tx, err := db.Begin()
	// Undone unless committed.
	defer tx.Rollback() // want "nil and the deferred call"
	if err != nil {
		return err
	}
	return tx.Commit()
}

// What the deferred close returns is looked at.
func loud(path string) error {
	f, err := os.Open(path)
	defer func() { // want "`f` is nil and the deferred call fails as well"
		if err := f.Close(); err != nil {
			log.Print(err)
		}
	}()
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, f)
	return err
}

func blank(path string) error {
	f, err := os.Open(path)
	defer func() { // want "an error that nobody sees"
		_ = f.Close()
	}()
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, f)
	return err
}

// Both have to hold, but only one is about the error.
func oneSided(path string, strict bool) error {
	f, err := os.Open(path)
	defer f.Close() // want
	if err != nil && strict {
		return err
	}
	_, err = io.Copy(io.Discard, f)
	return err
}

func dropped(url string) {
	resp, _ := http.Get(url)
	defer resp.Body.Close() // want-types "nobody gets the error"
}

func droppedAndCompared(url string) {
	resp, _ := http.Get(url)
	if resp != nil {
		defer resp.Body.Close()
	}
}

func droppedHarmless(path string) {
	f, _ := os.Open(path)
	defer f.Close()
}
