package last

import (
	"bufio"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
)

func files(paths []string) (err error) {
	var f *os.File
	defer func() {
		if f != nil {
			f.Close()
		}
	}()
	for _, path := range paths {
		f, err = os.Open(path) // want "each round gives `f` another file by `os.Open(…)`, and only the last is closed by the deferred literal"
		if err != nil {
			return err
		}
		fmt.Println(f.Name())
	}
	return nil
}

func errorKept(dir string, n int) (err error) {
	var out *os.File
	defer func() {
		if cerr := out.Close(); err == nil {
			err = cerr
		}
	}()
	for i := 0; i < n; i++ {
		out, err = os.Create(filepath.Join(dir, fmt.Sprint(i))) // want
		if err != nil {
			return err
		}
		if _, err = io.WriteString(out, "x"); err != nil {
			return err
		}
	}
	return nil
}

func bodies(urls []string) error {
	var resp *http.Response
	var err error
	defer func() {
		if resp != nil {
			resp.Body.Close()
		}
	}()
	for _, url := range urls {
		resp, err = http.Get(url) // want "response body"
		if err != nil {
			return err
		}
		if resp.StatusCode == http.StatusOK {
			continue
		}
		fmt.Println(resp.Status)
	}
	return nil
}

func byGoto(next func() string) error {
	var conn net.Conn
	defer func() { conn.Close() }()
	var err error
again:
	conn, err = net.Dial("tcp", next()) // want
	if err != nil {
		return err
	}
	if _, err := conn.Write([]byte("x")); err != nil {
		goto again
	}
	return nil
}

// The success of the last round ends the loop, the others that succeeded are lost.
func untilBig(paths []string) (int64, error) {
	var f *os.File
	var err error
	defer func() {
		_ = f.Close()
	}()
	for _, path := range paths {
		if f, err = os.Open(path); err != nil { // want
			return 0, err
		}
		info, err := f.Stat()
		if err == nil && info.Size() > 100 {
			break
		}
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func rowsOf(db *sql.DB, queries []string) error {
	var rows *sql.Rows
	var err error
	defer func() {
		if rows != nil {
			rows.Close()
		}
	}()
	for _, query := range queries {
		rows, err = db.Query(query) // want
		if err != nil {
			return err
		}
		var n int
		if rows.Next() {
			rows.Scan(&n)
		}
	}
	return nil
}

// Nobody but the literal says that it is to be closed.
func byTheLiteralAlone(open func(string) io.ReadCloser, d dialer, names []string) error {
	var c io.ReadCloser
	var err error
	defer func() {
		if c != nil {
			c.Close()
		}
	}()
	for _, name := range names {
		c, err = d.dial(name) // want
		if err != nil {
			return err
		}
		bufio.NewReader(c).ReadByte()
	}
	return nil
}

type dialer interface {
	dial(name string) (io.ReadCloser, error)
}

// Within a literal that is called at once, and in a loop of its own.
func nested(groups [][]string) {
	for _, paths := range groups {
		func() {
			var f *os.File
			defer func() { f.Close() }()
			for _, path := range paths {
				f, _ = os.Open(path) // want
				fmt.Println(f.Name())
			}
		}()
	}
}
