package conns

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"net/smtp"
	"time"
)

func never(addr string) (string, error) {
	c, err := net.Dial("tcp", addr) // want "is never closed"
	if err != nil {
		return "", err
	}
	return bufio.NewReader(c).ReadString('\n')
}

func writeFails(addr string, data []byte) error {
	c, err := net.DialTimeout("tcp", addr, time.Second) // want "is not closed on every path"
	if err != nil {
		return err
	}
	if _, err := c.Write(data); err != nil {
		return err
	}
	return c.Close()
}

func reachable(addr string) bool {
	_, err := net.Dial("tcp", addr) // want "nothing holds"
	return err == nil
}

func handshake(addr string) error {
	c, err := tls.Dial("tcp", addr, nil) // want
	if err != nil {
		return err
	}
	if err := c.Handshake(); err != nil {
		return fmt.Errorf("handshake with %s: %w", addr, err)
	}
	c.Close()
	return nil
}

func accepts(l net.Listener, allowed func(net.Addr) bool) error {
	for {
		c, err := l.Accept() // want
		if err != nil {
			return err
		}
		if !allowed(c.RemoteAddr()) {
			continue
		}
		go serve(c)
	}
}

func serve(c net.Conn) {
	defer c.Close()
	fmt.Fprintln(c, "hello")
}

func dialer(addr string) error {
	var d net.Dialer
	c, err := d.Dial("tcp", addr) // want
	if err != nil {
		return err
	}
	return c.SetDeadline(time.Now())
}

func retries(addrs []string) (net.Conn, error) {
	for _, addr := range addrs {
		c, err := net.Dial("tcp", addr) // want
		if err != nil {
			continue
		}
		if c.RemoteAddr().Network() != "tcp" {
			continue
		}
		return c, nil
	}
	return nil, errors.New("nobody answers")
}

func connect(addr string) (net.Conn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func usesConnect(addr string) error {
	c, err := connect(addr) // want
	if err != nil {
		return err
	}
	_, err = c.Write([]byte("x"))
	return err
}

func callsOnce(addr string, reply *int) error {
	client, err := rpc.Dial("tcp", addr) // want
	if err != nil {
		return err
	}
	return client.Call("Counter.Next", 1, reply)
}

func mails(addr string) error {
	c, err := smtp.Dial(addr) // want
	if err != nil {
		return err
	}
	if err := c.Hello("localhost"); err != nil {
		return err
	}
	return c.Quit()
}

func datagrams(addr string) error {
	c, err := net.ListenPacket("udp", addr) // want
	if err != nil {
		return err
	}
	buf := make([]byte, 512)
	n, _, err := c.ReadFrom(buf)
	fmt.Println(n)
	return err
}
