package sqlconns

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

func deferred(ctx context.Context, db *sql.DB) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.PingContext(ctx)
}

func named(ctx context.Context, db *sql.DB) (err error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := c.Close(); cerr != nil && err == nil {
			err = cerr
		}
	}()
	_, err = c.ExecContext(ctx, "select 1")
	return
}

type lease struct {
	conn *sql.Conn
	key  int
}

func acquire(ctx context.Context, db *sql.DB, key int) (*lease, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := c.ExecContext(ctx, "select 1", key); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &lease{conn: c, key: key}, nil
}

func (l *lease) Close() error { return l.conn.Close() }

func withConn(ctx context.Context, db *sql.DB, do func(*sql.Conn) error) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return do(c)
}

func unlockLater(ctx context.Context, db *sql.DB) (unlock func() error, err error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	unlock = func() error { return c.Close() }
	return unlock, nil
}

func methodValue(ctx context.Context, db *sql.DB) (func() error, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return c.Close, nil
}

func inGoroutine(ctx context.Context, db *sql.DB) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	go func() {
		defer c.Close()
		for range time.Tick(time.Second) {
			if c.PingContext(ctx) != nil {
				return
			}
		}
	}()
	return nil
}

func pooled(ctx context.Context, db *sql.DB, pool chan *sql.Conn) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	select {
	case pool <- c:
	default:
		c.Close()
	}
	return nil
}

func retry(ctx context.Context, db *sql.DB) (*sql.Conn, error) {
	for {
		c, err := db.Conn(ctx)
		if err == nil {
			if err = c.PingContext(ctx); err == nil {
				return c, nil
			}
			c.Close()
		}
		if ctx.Err() != nil {
			return nil, err
		}
	}
}

func closesTwice(ctx context.Context, db *sql.DB) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.PingContext(ctx); err != nil {
		return err
	}
	return c.Close()
}

type holder struct{ conn *sql.Conn }

func (h *holder) ensure(ctx context.Context, db *sql.DB) error {
	if h.conn != nil {
		return nil
	}
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	h.conn = c
	return nil
}

func optional(ctx context.Context, db *sql.DB, own bool) error {
	var c *sql.Conn
	if own {
		var err error
		if c, err = db.Conn(ctx); err != nil {
			return err
		}
		defer c.Close()
	}
	return nil
}
