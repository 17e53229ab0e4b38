package stmts

import (
	"context"
	"database/sql"
	"fmt"
)

func never(db *sql.DB, names []string) error {
	stmt, err := db.Prepare("insert into users values (?)") // want "is never closed"
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := stmt.Exec(name); err != nil {
			return err
		}
	}
	return nil
}

func onError(db *sql.DB, name string) error {
	stmt, err := db.Prepare("insert into users values (?)") // want "is not closed on every path"
	if err != nil {
		return err
	}
	if _, err := stmt.Exec(name); err != nil {
		return fmt.Errorf("adding %s: %w", name, err)
	}
	return stmt.Close()
}

func valid(db *sql.DB, query string) error {
	_, err := db.Prepare(query) // want "nothing holds"
	return err
}

func inConn(ctx context.Context, c *sql.Conn) error {
	stmt, err := c.PrepareContext(ctx, "select 1") // want
	if err != nil {
		return err
	}
	var n int
	return stmt.QueryRow().Scan(&n)
}

func perName(db *sql.DB, names []string) error {
	for _, name := range names {
		stmt, err := db.Prepare("insert into users values (?)") // want
		if err != nil {
			return err
		}
		if _, err := stmt.Exec(name); err != nil {
			continue
		}
		stmt.Close()
	}
	return nil
}

func second(db *sql.DB) error {
	a, err := db.Prepare("select 1") // want
	if err != nil {
		return err
	}
	b, err := db.Prepare("select 2")
	if err != nil {
		return err
	}
	defer a.Close()
	defer b.Close()
	return nil
}

func prepare(db *sql.DB, table string) (*sql.Stmt, error) {
	stmt, err := db.Prepare("select * from " + table)
	if err != nil {
		return nil, err
	}
	return stmt, nil
}

func throughHelper(db *sql.DB) error {
	stmt, err := prepare(db, "users") // want
	if err != nil {
		return err
	}
	_, err = stmt.Exec()
	return err
}

func overwritten(db *sql.DB, old bool) error {
	stmt, err := db.Prepare("select 1") // want "overwritten"
	if err != nil {
		return err
	}
	if old {
		stmt, err = db.Prepare("select 2")
		if err != nil {
			return err
		}
	}
	return stmt.Close()
}
