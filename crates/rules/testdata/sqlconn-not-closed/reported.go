package sqlconns

import (
	"context"
	"database/sql"
	"errors"
)

func never(ctx context.Context, db *sql.DB) error {
	c, err := db.Conn(ctx) // want "is never closed"
	if err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, "select 1")
	return err
}

func onError(ctx context.Context, db *sql.DB) error {
	c, err := db.Conn(ctx) // want "is not closed on every path"
	if err != nil {
		return err
	}
	if err := c.PingContext(ctx); err != nil {
		return err
	}
	return c.Close()
}

func dropped(ctx context.Context, db *sql.DB) error {
	_, err := db.Conn(ctx) // want "nothing holds"
	return err
}

func lock(ctx context.Context, db *sql.DB, key int) (func(), error) {
	c, err := db.Conn(ctx) // want
	if err != nil {
		return nil, err
	}
	var ok bool
	if err := c.QueryRowContext(ctx, "select pg_try_advisory_lock($1)", key).Scan(&ok); err != nil {
		return nil, err
	}
	if !ok {
		return nil, errors.New("locked by another process")
	}
	return func() { c.Close() }, nil
}

func several(ctx context.Context, db *sql.DB, n int) error {
	for range n {
		c, err := db.Conn(ctx) // want
		if err != nil {
			return err
		}
		if c.PingContext(ctx) != nil {
			continue
		}
		c.Close()
	}
	return nil
}

func raw(ctx context.Context, db *sql.DB) error {
	c, err := db.Conn(ctx) // want
	if err != nil {
		return err
	}
	return c.Raw(func(any) error { return nil })
}

func take(ctx context.Context, db *sql.DB) (*sql.Conn, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func takes(ctx context.Context, db *sql.DB) error {
	c, err := take(ctx, db) // want
	if err != nil {
		return err
	}
	return c.PingContext(ctx)
}

func txFails(ctx context.Context, db *sql.DB) error {
	c, err := db.Conn(ctx) // want
	if err != nil {
		return err
	}
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	defer tx.Rollback()
	return tx.Commit()
}
