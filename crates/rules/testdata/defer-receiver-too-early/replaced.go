package replaced

import (
	"bufio"
	"context"
	"database/sql"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

func use(...any) {}

func redialled(addr string, data []byte) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close() // want "`conn.Close()` is deferred for what `conn` is here: what it is set to later is never closed"
	if _, err := conn.Write(data); err == nil {
		return nil
	}
	conn, err = net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	_, err = conn.Write(data)
	return err
}

func closedTwice(addr string, data []byte) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close() // want "never closed, and the first is closed twice"
	if _, err := conn.Write(data); err != nil {
		conn.Close()
		if conn, err = net.Dial("tcp", addr); err != nil {
			return err
		}
	}
	_, err = conn.Write(data)
	return err
}

func secondFile(a, b string) error {
	f, err := os.Open(a)
	if err != nil {
		return err
	}
	defer f.Close() // want
	use(f)
	f, err = os.Open(b)
	if err != nil {
		return err
	}
	use(f.Name())
	return nil
}

func secondQuery(db *sql.DB) error {
	rows, err := db.Query("a")
	if err != nil {
		return err
	}
	defer rows.Close() // want
	for rows.Next() {
	}
	rows, err = db.Query("b")
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return rows.Err()
}

func secondResponse(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close() // want "`resp.Body.Close()` is deferred for what `resp` is here"
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	resp, err = http.Get(url + "/again")
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func secondCancel(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // want "never cancelled"
	use(ctx)
	ctx, cancel = context.WithCancel(context.Background())
	use(ctx)
}

func cleanupSetLater(start func() func()) {
	cleanup := start()
	defer cleanup() // want "never called"
	use(1)
	cleanup = func() { use("done") }
	use(2)
}

func onlyOnOneWay(addr string, again bool) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer conn.Close() // want
	if again {
		conn, err = net.Dial("tcp", addr)
		if err != nil {
			return
		}
	}
	if addr == "" {
		conn.Close()
		return
	}
	use(addr)
}

func retried(addr string) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer conn.Close() // want
	for i := 0; i < 3; i++ {
		if _, err := conn.Write(nil); err == nil {
			break
		}
		conn, err = net.Dial("tcp", addr)
		if err != nil {
			return
		}
	}
}

func thirdOfThree(db *sql.DB) error {
	rows, err := db.Query("a")
	if err != nil {
		return err
	}
	defer rows.Close()
	rows, err = db.Query("b")
	if err != nil {
		return err
	}
	defer rows.Close() // want
	rows.Close()
	rows, err = db.Query("c")
	if err != nil {
		return err
	}
	return rows.Err()
}

// The later value is released, or given away.

func deferredAgain(a, b string) error {
	f, err := os.Open(a)
	if err != nil {
		return err
	}
	defer f.Close()
	f, err = os.Open(b)
	if err != nil {
		return err
	}
	defer f.Close()
	return nil
}

func closedByHand(a, b string) error {
	f, err := os.Open(a)
	if err != nil {
		return err
	}
	defer f.Close()
	f, err = os.Open(b)
	if err != nil {
		return err
	}
	use(f.Name())
	return f.Close()
}

func inLiteral(addr string) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer func() { conn.Close() }()
	conn.Close()
	conn, _ = net.Dial("tcp", addr)
}

func bothLiterals(addr string) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer conn.Close()
	conn, err = net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
}

func returned(a, b string) (*os.File, error) {
	f, err := os.Open(a)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	f, err = os.Create(b)
	if err != nil {
		return nil, err
	}
	return f, nil
}

type client struct{ conn net.Conn }

func (c *client) redial(addr string) error {
	defer c.conn.Close()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	c.conn = conn
	return nil
}

func stored(c *client, addr string) error {
	conn := c.conn
	defer conn.Close()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	c.conn = conn
	return nil
}

func wrapped(path string) error {
	var r io.ReadCloser
	r, err := os.Open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	r = io.NopCloser(bufio.NewReader(r))
	use(r)
	return nil
}

func disarmed(start func() func()) {
	stop := start()
	defer stop()
	use(1)
	stop = nil
}

func copied(a, b net.Conn) {
	c := a
	defer c.Close()
	c = b
	use(c)
}

func closedInHelper(a, b string) {
	f, err := os.Open(a)
	if err != nil {
		return
	}
	defer f.Close()
	f, err = os.Open(b)
	if err != nil {
		return
	}
	closeQuietly(f)
}

func closeQuietly(c io.Closer) { _ = c.Close() }

func eachRound(paths []string) {
	for _, path := range paths {
		func() {
			f, err := os.Open(path)
			if err != nil {
				return
			}
			defer f.Close()
			use(f)
		}()
	}
}

func inLoop(paths []string) {
	var f *os.File
	var err error
	for _, path := range paths {
		f, err = os.Open(path)
		if err != nil {
			return
		}
		defer f.Close()
	}
}

func replacedBefore(a, b string) {
	f, err := os.Open(a)
	if err != nil {
		f, err = os.Open(b)
	}
	if err != nil {
		return
	}
	defer f.Close()
	use(f)
}

func onlyFailed(a, b string) error {
	f, err := os.Open(a)
	if err != nil {
		return err
	}
	defer f.Close()
	if f, err = os.Open(b); err != nil {
		return err
	}
	return f.Close()
}

func toGoroutine(addr string, serve func(net.Conn)) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer conn.Close()
	conn, err = net.Dial("tcp", addr)
	if err != nil {
		return
	}
	go serve(conn)
}

func ticker() {
	t := time.NewTicker(1)
	defer t.Stop()
	t.Stop()
	t = time.NewTicker(2)
	<-t.C
}
