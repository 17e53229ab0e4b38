package txs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

func execFails(db *sql.DB) error {
	tx, err := db.Begin() // want "is not committed or rolled back on every path"
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users"); err != nil {
		return err
	}
	return tx.Commit()
}

func neverDone(db *sql.DB) error {
	tx, err := db.Begin() // want "is never committed or rolled back"
	if err != nil {
		return err
	}
	_, err = tx.Exec("delete from users")
	return err
}

func oneForgotten(db *sql.DB, names []string) error {
	tx, err := db.Begin() // want
	if err != nil {
		return err
	}
	for _, name := range names {
		if name == "" {
			return errors.New("no name")
		}
		if _, err := tx.Exec("insert into users values (?)", name); err != nil {
			tx.Rollback()
			return err
		}
	}
	return tx.Commit()
}

func nothingToDo(ctx context.Context, db *sql.DB, n int) error {
	tx, err := db.BeginTx(ctx, nil) // want
	if err != nil {
		return err
	}
	if n == 0 {
		return nil
	}
	defer tx.Rollback()
	return tx.Commit()
}

func logsOnly(db *sql.DB) {
	tx, err := db.Begin() // want
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := tx.Exec("delete from users"); err != nil {
		fmt.Println(err)
		return
	}
	if err := tx.Commit(); err != nil {
		fmt.Println(err)
	}
}

func begin(db *sql.DB) (*sql.Tx, error) {
	tx, err := db.Begin()
	if err != nil {
		return nil, fmt.Errorf("beginning: %w", err)
	}
	return tx, nil
}

func throughHelper(db *sql.DB) error {
	tx, err := begin(db) // want
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users"); err != nil {
		return err
	}
	return tx.Commit()
}

func perRound(db *sql.DB, names []string) error {
	for _, name := range names {
		tx, err := db.Begin() // want
		if err != nil {
			return err
		}
		if _, err := tx.Exec("insert into users values (?)", name); err != nil {
			continue
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	return nil
}

func literalChecksOtherError(db *sql.DB) (err error) {
	tx, err := db.Begin() // want
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users"); errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return tx.Commit()
}

// The rows are closed, the transaction is not.
func rowsOnly(db *sql.DB) error {
	tx, err := db.Begin() // want
	if err != nil {
		return err
	}
	rows, err := tx.Query("select 1")
	if err != nil {
		return err
	}
	defer rows.Close()
	return tx.Commit()
}
