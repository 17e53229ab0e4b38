package stmts

import (
	"context"
	"database/sql"
	"errors"
)

func deferred(db *sql.DB, names []string) error {
	stmt, err := db.Prepare("insert into users values (?)")
	if err != nil {
		return err
	}
	defer stmt.Close()
	for _, name := range names {
		if _, err := stmt.Exec(name); err != nil {
			return err
		}
	}
	return nil
}

type repo struct {
	get *sql.Stmt
	put *sql.Stmt
}

func newRepo(db *sql.DB) (*repo, error) {
	get, err := db.Prepare("select 1")
	if err != nil {
		return nil, err
	}
	put, err := db.Prepare("select 2")
	if err != nil {
		get.Close()
		return nil, err
	}
	return &repo{get: get, put: put}, nil
}

func newRepoByFields(db *sql.DB) (*repo, error) {
	r := new(repo)
	var err error
	if r.get, err = db.Prepare("select 1"); err != nil {
		return nil, err
	}
	if r.put, err = db.Prepare("select 2"); err != nil {
		r.get.Close()
		return nil, err
	}
	return r, nil
}

func (r *repo) Close() error { return errors.Join(r.get.Close(), r.put.Close()) }

var byQuery = map[string]*sql.Stmt{}

func cached(db *sql.DB, query string) (*sql.Stmt, error) {
	if stmt := byQuery[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := db.Prepare(query)
	if err != nil {
		return nil, err
	}
	byQuery[query] = stmt
	return stmt, nil
}

func (r *repo) lazily(db *sql.DB) (err error) {
	if r.get == nil {
		r.get, err = db.Prepare("select 1")
	}
	return err
}

// The end of the transaction closes them (database/sql: "statements prepared for a transaction").
func inTransaction(tx *sql.Tx) error {
	stmt, err := tx.Prepare("select 1")
	if err != nil {
		return err
	}
	defer stmt.Close()
	_, err = stmt.Exec()
	return err
}

func loop(ctx context.Context, db *sql.DB, queries []string) error {
	for _, query := range queries {
		stmt, err := db.PrepareContext(ctx, query)
		if err != nil {
			return err
		}
		_, err = stmt.Exec()
		if cerr := stmt.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func literal(db *sql.DB) error {
	stmt, err := db.Prepare("select 1")
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }()
	return stmt.QueryRow().Err()
}

func run(stmt *sql.Stmt, args ...any) error {
	defer stmt.Close()
	_, err := stmt.Exec(args...)
	return err
}

func handsOn(db *sql.DB) error {
	stmt, err := db.Prepare("select 1")
	if err != nil {
		return err
	}
	return run(stmt, 1)
}

func closeOnError(db *sql.DB) (stmt *sql.Stmt, err error) {
	stmt, err = db.Prepare("select 1")
	if err != nil {
		return
	}
	if _, err = stmt.Exec(); err != nil {
		stmt.Close()
		return nil, err
	}
	return
}

func all(db *sql.DB, queries []string) (stmts []*sql.Stmt, err error) {
	defer func() {
		if err != nil {
			for _, stmt := range stmts {
				stmt.Close()
			}
		}
	}()
	for _, query := range queries {
		stmt, err := db.Prepare(query)
		if err != nil {
			return stmts, err
		}
		stmts = append(stmts, stmt)
	}
	return stmts, nil
}
