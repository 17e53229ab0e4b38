package twice

import (
	"archive/zip"
	"database/sql"
	"errors"
	"io"
	"log"
	"mime/multipart"
	"os"
	"sync"
)

func channelByDeferAndHand(values []int, out chan<- int) {
	defer close(out) // want "closes the channel again"
	for _, v := range values {
		out <- v
	}
	close(out)
}

func channelInBranch(values []int) <-chan int {
	out := make(chan int, len(values)+1)
	defer close(out) // want
	for _, v := range values {
		out <- v
	}
	if len(values) == 0 {
		close(out)
	}
	return out
}

func channelByHandTwice(done chan struct{}) {
	close(done)
	log.Println("done")
	close(done) // want "a second time"
}

func channelInGoroutine(values []int) <-chan int {
	out := make(chan int)
	go func(ch chan int) {
		defer close(ch) // want
		for _, v := range values {
			if v < 0 {
				close(ch)
				return
			}
			ch <- v
		}
	}(out)
	return out
}

// The deferred close always finds it closed, and returns that as an error.
func fileWithError(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil { // want
			err = cerr
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	f.Close()
	return nil
}

func fileByHand(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := f.WriteString("x"); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return f.Close() // want "gives an error, although all is well"
}

func formWithTwoEnds(out io.Writer) error {
	w := multipart.NewWriter(out)
	defer w.Close() // want "breaks it"
	if err := w.WriteField("a", "b"); err != nil {
		return err
	}
	return w.Close()
}

func zipTwice(out io.Writer) (err error) {
	zw := zip.NewWriter(out)
	defer func() {
		err = errors.Join(err, zw.Close()) // want
	}()
	if _, err := zw.Create("a"); err != nil {
		return err
	}
	return zw.Close()
}

// Right from here on.

func checkedAndDeferred(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Close()
}

func knowsClosed(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); cerr != nil && !errors.Is(cerr, os.ErrClosed) {
			err = errors.Join(err, cerr)
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Close()
}

func flagged(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			err = errors.Join(err, f.Close())
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	done = true
	return f.Close()
}

func setToNil(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	err = f.Close()
	f = nil
	return err
}

func rolledBack(db *sql.DB) error {
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

func rolledBackLogged(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() {
		if err := tx.Rollback(); err != nil && err != sql.ErrTxDone {
			log.Println(err)
		}
	}()
	if _, err := tx.Exec("delete from t"); err != nil {
		return err
	}
	return tx.Commit()
}

func onePerPath(done chan struct{}, early bool) {
	if early {
		close(done)
		return
	}
	close(done)
}

func two(a, b chan int) {
	defer close(a)
	close(b)
}

func again(n int) {
	ch := make(chan int)
	close(ch)
	ch = make(chan int)
	defer close(ch)
	log.Println(n)
}

func eachRound(n int) {
	for range n {
		ch := make(chan int)
		close(ch)
	}
}

func byOnce(done chan struct{}) func() {
	var once sync.Once
	return func() { once.Do(func() { close(done) }) }
}

func earlyReturn(values []int, out chan<- int) {
	if len(values) == 0 {
		close(out)
		return
	}
	defer close(out)
	for _, v := range values {
		out <- v
	}
}

func rowsTwice(db *sql.DB) error {
	rows, err := db.Query("select 1")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	if err := rows.Close(); err != nil {
		return err
	}
	return rows.Err()
}

func readTwice(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	f.Close()
	return data, err
}

type profiles struct{ cpu, mem *os.File }

// The second is meant to be the other one. Fields are not followed.
func (p *profiles) stop() error {
	if err := p.cpu.Close(); err != nil {
		return err
	}
	return p.cpu.Close() // bug-missed
}
