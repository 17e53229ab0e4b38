package releases

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

func sum(paths []string) (total int64, err error) {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return 0, err
		}
		defer f.Close() // want "`f.Close()` runs when `sum` returns, not at the end of the iteration: until then what every iteration opens stays open"
		n, err := io.Copy(io.Discard, f)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

func threeClauses(client *http.Client, urls []string) error {
	for i := 0; i < len(urls); i++ {
		resp, err := client.Get(urls[i])
		if err != nil {
			return err
		}
		defer resp.Body.Close() // want "what every iteration opens"
		if resp.StatusCode >= 500 {
			return fmt.Errorf("%s: %s", urls[i], resp.Status)
		}
	}
	return nil
}

func withCondition(db *sql.DB, next func() (string, bool)) error {
	query, more := next()
	for more {
		rows, err := db.Query(query)
		if err != nil {
			return err
		}
		defer rows.Close() // want
		for rows.Next() {
		}
		query, more = next()
	}
	return nil
}

// Retries leave the loop when they succeed; each failure leaves a context behind.
func retry(ctx context.Context, attempts int, call func(context.Context) error) error {
	var err error
	for range attempts {
		try, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel() // want "the contexts of every iteration stay alive"
		if err = call(try); err == nil {
			return nil
		}
	}
	return err
}

func transactions(ctx context.Context, db *sql.DB, statements []string) error {
	for _, statement := range statements {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() // want "the transactions of every iteration stay open"
		if _, err := tx.Exec(statement); err != nil {
			return err
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	return nil
}

func counted(wg *sync.WaitGroup, jobs []func()) {
	for _, job := range jobs {
		wg.Add(1)
		defer wg.Done() // want "every iteration counts as not done"
		job()
	}
}

func inLiteral(paths []string) {
	for _, path := range paths {
		f, err := os.Create(path)
		if err != nil {
			continue
		}
		defer func() { // want "`f.Close()` runs when `inLiteral` returns"
			if err := f.Close(); err != nil {
				fmt.Println(err)
			}
		}()
		fmt.Fprintln(f, "hello")
	}
}

// The loop stands in the literal, and so does the defer.
var walker = func(paths []string) {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		defer f.Close() // want "runs when the function literal returns"
	}
}

func inGoroutine(paths []string, out chan<- string) {
	go func() {
		for _, path := range paths {
			f, err := os.Open(path)
			if err != nil {
				continue
			}
			defer f.Close() // want
			line, _ := bufio.NewReader(f).ReadString('\n')
			out <- line
		}
	}()
}

func temporary(contents [][]byte, use func(string) error) error {
	for _, content := range contents {
		f, err := os.CreateTemp("", "x")
		if err != nil {
			return err
		}
		defer os.Remove(f.Name()) // want "what every iteration creates stays there"
		if _, err := f.Write(content); err != nil {
			return err
		}
		if err := use(f.Name()); err != nil {
			return err
		}
	}
	return nil
}

func tickers(periods []time.Duration, stop <-chan struct{}) {
	for _, period := range periods {
		ticker := time.NewTicker(period)
		defer ticker.Stop() // want "what every iteration starts keeps running"
		select {
		case <-ticker.C:
		case <-stop:
			return
		}
	}
}

func recovers(jobs []func()) {
	for _, job := range jobs {
		defer func() { // want "a panic in one iteration ends the loop"
			if r := recover(); r != nil {
				fmt.Println(r)
			}
		}()
		job()
	}
}

// Nobody knows what end does, but each iteration has one of its own.
func traced(names []string, start func(string) (end func())) {
	for _, name := range names {
		end := start(name)
		defer end() // want "what every iteration starts keeps running"
		visit := start("visit")
		defer visit() // want "the calls of every iteration pile up"
	}
}

func nested(dirs [][]string) {
	for _, dir := range dirs {
		for _, path := range dir {
			f, err := os.Open(path)
			if err != nil {
				break
			}
			defer f.Close() // want
		}
	}
}

// The inner loop is left at once, the outer one is not.
func innerLeaves(dirs [][]string) {
	for _, dir := range dirs {
		for _, path := range dir {
			f, err := os.Open(path)
			if err != nil {
				continue
			}
			defer f.Close() // want
			break
		}
	}
}

func manyRounds() {
	for i := 0; i < 100; i++ {
		f, err := os.Open(fmt.Sprint(i))
		if err != nil {
			return
		}
		defer f.Close() // want "up to 100 iterations"
	}
}

// Three times three.
func squared() {
	for range 3 {
		for range 3 {
			f, err := os.Open("x")
			if err != nil {
				return
			}
			defer f.Close() // want "up to 9 iterations"
		}
	}
}

func clauses(kinds []int, paths []string) {
	for i, kind := range kinds {
		switch kind {
		case 1:
			f, err := os.Open(paths[i])
			if err != nil {
				break
			}
			defer f.Close() // want
		case 2:
			return
		}
	}
}

// The variable is declared outside, but what it holds is opened in each iteration.
func outerVariable(paths []string) error {
	var f *os.File
	var err error
	for _, path := range paths {
		if f, err = os.Open(path); err != nil {
			return err
		}
		defer f.Close() // want
	}
	return nil
}

// Being read through a buffer keeps nothing beyond the iteration.
func buffered(paths []string) (lines []string) {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil
		}
		defer f.Close() // want
		scanner := bufio.NewScanner(f)
		for scanner.Scan() {
			lines = append(lines, scanner.Text())
		}
	}
	return lines
}
