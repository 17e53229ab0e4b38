package p

import "net"

func reserve(addresses []string, work func()) error {
	for _, address := range addresses {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		defer l.Close()
	}
	work()
	return nil
}
