package commit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
)

func deferred(db *sql.DB, id int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Commit() // want "the deferred `tx.Commit()` drops its error"
	_, err = tx.Exec("delete from users where id = ?", id)
	return err
}

func byStatement(db *sql.DB, id int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
		tx.Rollback()
		return err
	}
	tx.Commit() // want "passes for done"
	return nil
}

func blank(db *sql.DB, id int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
		_ = tx.Rollback()
		return err
	}
	_ = tx.Commit() // want
	return nil
}

func inDeferredLiteral(db *sql.DB, id int) (err error) {
	tx, err := db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tx.Rollback()
			return
		}
		tx.Commit() // want
	}()
	_, err = tx.Exec("delete from users where id = ?", id)
	return err
}

// A parameter, of a type that is known.
func given(tx *sql.Tx, id int) {
	tx.Exec("delete from users where id = ?", id)
	tx.Commit() // want-types
}

func inLoop(db *sql.DB, ids []int) error {
	for _, id := range ids {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		tx.Commit() // want
	}
	return nil
}

func inGoroutine(db *sql.DB, ids <-chan int) {
	go func() {
		tx, err := db.Begin()
		if err != nil {
			log.Println(err)
			return
		}
		defer tx.Commit() // want
		for id := range ids {
			if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
				log.Println(err)
			}
		}
	}()
}

// Written with a query.
func returning(db *sql.DB, name string) (int, error) {
	tx, err := db.Begin()
	if err != nil {
		return 0, err
	}
	defer tx.Commit() // want
	var id int
	err = tx.QueryRow("insert into users (name) values ($1) returning id", name).Scan(&id)
	return id, err
}

// Somebody else writes.
func handed(db *sql.DB, write func(*sql.Tx) error) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Commit() // want
	return write(tx)
}

// Right from here on.

func idiom(db *sql.DB, id int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
		return err
	}
	return tx.Commit()
}

func checked(db *sql.DB, id int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec("delete from users where id = ?", id); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func inLiteral(db *sql.DB, id int) (err error) {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
			return
		}
		err = tx.Commit()
	}()
	_, err = tx.Exec("delete from users where id = ?", id)
	return err
}

func logged(db *sql.DB, id int) {
	tx, err := db.Begin()
	if err != nil {
		return
	}
	tx.Exec("delete from users where id = ?", id)
	if err := tx.Commit(); err != nil {
		log.Println(err)
	}
}

func readOnly(db *sql.DB) (n int, err error) {
	tx, err := db.Begin()
	if err != nil {
		return 0, err
	}
	defer tx.Commit()
	err = tx.QueryRow("select count(*) from users").Scan(&n)
	return n, err
}

func saidReadOnly(ctx context.Context, db *sql.DB, read func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Commit()
	return read(tx)
}

type repo struct{ dirty bool }

func (r *repo) Commit() error { r.dirty = false; return nil }

// Nothing to roll back: no transaction.
func other(r *repo) {
	r.Commit()
}

type offsets struct{}

func (offsets) Commit()   {}
func (offsets) Rollback() {}

// It has no error.
func silent(o offsets) {
	defer o.Commit()
}

func value(tx *sql.Tx) func() error {
	return tx.Commit
}

func inIf(tx *sql.Tx) bool {
	return tx.Commit() == nil
}

func sent(tx *sql.Tx, result chan<- error) {
	result <- tx.Commit()
}

func passed(tx *sql.Tx) {
	check(tx.Commit())
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func kept(db *sql.DB, id int) (err error) {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	_, err = tx.Exec("delete from users where id = ?", id)
	if err == nil {
		err = tx.Commit()
	}
	return err
}

func getEntry(tx *sql.Tx, id int) (string, error) {
	var title string
	err := tx.QueryRow("select title from entries where id = $1", id).Scan(&title)
	return title, err
}

// What it is given to only gets.
func pages(db *sql.DB, id int) (prev, next string, err error) {
	tx, err := db.Begin()
	if err != nil {
		return "", "", err
	}
	if prev, err = getEntry(tx, id-1); err != nil {
		tx.Rollback()
		return "", "", err
	}
	if next, err = getEntry(tx, id+1); err != nil {
		tx.Rollback()
		return "", "", err
	}
	tx.Commit()
	return prev, next, nil
}
