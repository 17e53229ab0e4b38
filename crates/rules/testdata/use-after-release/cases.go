package use

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
)

func written(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	f.Close()
	_, err = f.Write(data) // want "after `f.Close()`"
	return err
}

func statted(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	f.Close()
	info, err := f.Stat() // want
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func copied(path string, out io.Writer) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	_, err = io.Copy(out, f) // want
	return err
}

func printed(path, text string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	fmt.Fprintln(f, text) // want
	return nil
}

// The buffer still holds everything back.
func flushedTooLate(path, text string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	if _, err := w.WriteString(text); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return w.Flush() // want
}

func readTooLate(client *http.Client, url string) ([]byte, error) {
	resp, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	resp.Body.Close()
	return io.ReadAll(resp.Body) // want
}

func scannedTooLate(db *sql.DB) (int, error) {
	rows, err := db.Query("select 1")
	if err != nil {
		return 0, err
	}
	var n int
	rows.Next()
	rows.Close()
	err = rows.Scan(&n) // want
	return n, err
}

func executedTooLate(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	_, err = tx.Exec("delete from t") // want
	return err
}

// Only one way has closed it.
func oneWay(path string, early bool) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if early {
		f.Close()
	}
	_, err = f.WriteString("x") // want
	if err != nil {
		return err
	}
	return f.Close()
}

// Right from here on.

func named(path string) (string, error) {
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	return f.Name(), nil
}

func openedAgain(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	f.Close()
	f, err = os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(data)
	return err
}

func deferredClose(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(data)
	return err
}

func otherBranch(path string, data []byte, skip bool) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if skip {
		return f.Close()
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func errAfterClose(db *sql.DB) error {
	rows, err := db.Query("select 1")
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	rows.Close()
	return rows.Err()
}

func closedAgain(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Stat(); err != nil {
		return err
	}
	return f.Close()
}

func eachOne(paths []string, data []byte) error {
	for _, path := range paths {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		if _, err := f.Write(data); err != nil {
			f.Close()
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

func reopenedInLoop(path string, lines []string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	for _, line := range lines {
		if line == "" {
			f.Close()
			if f, err = os.Create(path); err != nil {
				return err
			}
		}
		if _, err := f.WriteString(line); err != nil {
			f.Close()
			return err
		}
	}
	return f.Close()
}

func flushedInTime(path, text string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	if _, err := w.WriteString(text); err != nil {
		f.Close()
		return err
	}
	if err := w.Flush(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func committed(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec("delete from t"); err != nil {
		return err
	}
	return tx.Commit()
}

func status(client *http.Client, url string) (int, error) {
	resp, err := client.Get(url)
	if err != nil {
		return 0, err
	}
	resp.Body.Close()
	return resp.StatusCode, nil
}

// The path that closes it leaves.
func leaves(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	switch {
	case n == 0:
		return f.Close()
	case n < 0:
		f.Close()
		panic("negative")
	}
	_, err = f.WriteString("x")
	f.Close()
	return err
}

func flag(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	closed := false
	if path == "x" {
		f.Close()
		closed = true
	}
	if !closed {
		if _, err := f.WriteString("x"); err != nil {
			return err
		}
	}
	return nil
}

func flushedFirst(path, text string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	_, err = w.WriteString(text)
	return errors.Join(err, w.Flush(), f.Close())
}

func flushedLast(path, text string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	_, err = w.WriteString(text)
	return errors.Join(err, f.Close(), w.Flush()) // want "`w.Flush()` uses"
}
