package conns

import (
	"context"
	"crypto/tls"
	"net"
)

// There is one connection, whatever is around it.
func dialSecure(ctx context.Context, addr string, config *tls.Config) (*tls.Conn, error) {
	plain, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	secure := tls.Client(plain, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		plain.Close()
		return nil, err
	}
	return secure, nil
}
