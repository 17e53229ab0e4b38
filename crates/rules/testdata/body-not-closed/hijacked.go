package bodies

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
)

// The connection is taken over, and the response with it.
func takesOver(conn net.Conn, req *http.Request) (net.Conn, *bufio.Reader, error) {
	client := httputil.NewClientConn(conn, nil)
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, nil, errors.New(resp.Status)
	}
	c, r := client.Hijack()
	return c, r, nil
}
