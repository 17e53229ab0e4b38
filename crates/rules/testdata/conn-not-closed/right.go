package conns

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/rpc"
	"sync"
	"time"
)

func deferred(addr string) (string, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	defer c.Close()
	return bufio.NewReader(c).ReadString('\n')
}

func probe(addr string) bool {
	c, err := net.Dial("tcp", addr)
	if err == nil {
		c.Close()
		return true
	}
	return false
}

func probeLoop(addr string) {
	for {
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err != nil {
			time.Sleep(time.Second)
			continue
		}
		c.Close()
		break
	}
}

func serves(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go handle(c)
	}
}

func handle(c net.Conn) {
	defer c.Close()
	io.Copy(c, c)
}

func servesWithLiteral(l net.Listener) {
	var wg sync.WaitGroup
	for {
		c, err := l.Accept()
		if err != nil {
			break
		}
		wg.Go(func() {
			defer c.Close()
			io.Copy(c, c)
		})
	}
	wg.Wait()
}

func argumentOfLiteral(l net.Listener) error {
	c, err := l.Accept()
	if err != nil {
		return err
	}
	go func(c net.Conn) {
		defer c.Close()
		io.Copy(c, c)
	}(c)
	return nil
}

func upgrade(addr string, config *tls.Config) (net.Conn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return tls.Client(c, config), nil
}

func upgradeAndCheck(addr string, config *tls.Config) (*tls.Conn, error) {
	raw, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c := tls.Client(raw, config)
	if err := c.Handshake(); err != nil {
		raw.Close()
		return nil, err
	}
	return c, nil
}

func overWrapper(addr string, config *tls.Config) error {
	raw, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	c := tls.Client(raw, config)
	defer c.Close()
	return c.Handshake()
}

func transfer(ctx context.Context, addr string) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		<-ctx.Done()
		c.Close()
		close(done)
	}()
	_, err = io.Copy(io.Discard, c)
	<-done
	return err
}

type client struct {
	conn net.Conn
	r    *bufio.Reader
}

func newClient(addr string) (*client, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &client{conn: conn}
	c.r = bufio.NewReader(conn)
	if _, err := c.r.ReadString('\n'); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *client) Close() error { return c.conn.Close() }

func (c *client) reconnect(addr string) error {
	c.conn.Close()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	c.conn = conn
	return nil
}

func overCodec(addr string) (*rpc.Client, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return rpc.NewClient(c), nil
}

type counted struct {
	net.Conn
	n int
}

func embedded(addr string) (net.Conn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &counted{Conn: c}, nil
}

func assertion(addr string) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		c.Close()
		return fmt.Errorf("%s is not reached by TCP", addr)
	}
	tcp.SetNoDelay(true)
	return tcp.Close()
}

func inMap(addrs []string) map[string]net.Conn {
	conns := make(map[string]net.Conn)
	for _, addr := range addrs {
		if c, err := net.Dial("tcp", addr); err == nil {
			conns[addr] = c
		}
	}
	return conns
}

func dialFunc() func(string) (net.Conn, error) {
	return func(addr string) (net.Conn, error) {
		return net.Dial("tcp", addr)
	}
}

func raced(addr string, results chan<- net.Conn, ctx context.Context) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	select {
	case results <- c:
	case <-ctx.Done():
		c.Close()
	}
}

// Both ends are gone together.
func inMemory(start func(net.Conn) error) (net.Conn, error) {
	c, s := net.Pipe()
	if err := start(s); err != nil {
		return nil, err
	}
	return c, nil
}
