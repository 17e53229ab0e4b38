package txs

import (
	"context"
	"database/sql"
	"errors"
	"log"
)

// err inside the if is another variable, so the literal sees nil.
func shadowedError(db *sql.DB) (err error) {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tx.Rollback()
		}
	}()
	if _, err := tx.Exec("delete from users"); err != nil {
		return err
	}
	return tx.Commit()
}

// Without a name for the result, what is returned does not reach the literal.
func unnamedError(db *sql.DB) error {
	tx, err := db.Begin() // want
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tx.Rollback()
		}
	}()
	if _, err := tx.Exec("delete from users"); err != nil {
		return err
	}
	return tx.Commit()
}

func dryRun(db *sql.DB, dry bool) error {
	tx, err := db.Begin() // want
	if err != nil {
		return err
	}
	if _, err := tx.Exec("delete from users"); err != nil {
		tx.Rollback()
		return err
	}
	if !dry {
		return tx.Commit()
	}
	return nil
}

func emptyBatch(ctx context.Context, db *sql.DB, names []string) error {
	tx, err := db.BeginTx(ctx, nil) // want
	if err != nil {
		return err
	}
	for i, name := range names {
		if _, err := tx.Exec("insert into users values (?)", name); err != nil {
			tx.Rollback()
			return err
		}
		if i == len(names)-1 {
			return tx.Commit()
		}
	}
	return nil
}

func selects(ctx context.Context, db *sql.DB, done <-chan error) error {
	tx, err := db.BeginTx(ctx, nil) // want
	if err != nil {
		return err
	}
	select {
	case err := <-done:
		if err != nil {
			tx.Rollback()
			return err
		}
		return tx.Commit()
	case <-ctx.Done():
		return ctx.Err()
	}
}

type store struct {
	db *sql.DB
	tx *sql.Tx
}

func (s *store) begin() (err error) {
	s.tx, err = s.db.Begin()
	return err
}

func (s *store) inTx(do func(*sql.Tx) error) (err error) {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer func() {
		switch {
		case err != nil:
			if rerr := tx.Rollback(); rerr != nil {
				log.Print(rerr)
			}
		default:
			err = tx.Commit()
		}
	}()
	return do(tx)
}

func (s *store) inTxByHand(do func(*sql.Tx) error) error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (s *store) useTx() error {
	return s.inTx(func(tx *sql.Tx) error {
		_, err := tx.Exec("delete from users")
		return err
	})
}

func endWith(tx *sql.Tx, ok bool) error {
	if ok {
		return tx.Commit()
	}
	return tx.Rollback()
}

func ended(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	_, err = tx.Exec("delete from users")
	return errors.Join(err, endWith(tx, err == nil))
}

func readOnly(ctx context.Context, db *sql.DB) (n int, err error) {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }()
	err = tx.QueryRow("select count(*) from users").Scan(&n)
	return n, err
}

func either(db *sql.DB, tx *sql.Tx) (err error) {
	own := tx == nil
	if own {
		if tx, err = db.Begin(); err != nil {
			return err
		}
	}
	_, err = tx.Exec("delete from users")
	if own {
		if err != nil {
			tx.Rollback()
			return err
		}
		return tx.Commit()
	}
	return err
}

func prepared(db *sql.DB) (*sql.Tx, *sql.Stmt, error) {
	tx, err := db.Begin()
	if err != nil {
		return nil, nil, err
	}
	stmt, err := tx.Prepare("select 1")
	if err != nil {
		tx.Rollback()
		return nil, nil, err
	}
	return tx, stmt, nil
}

func loopOfLiterals(db *sql.DB, batches [][]string) error {
	for _, batch := range batches {
		if err := func() (err error) {
			tx, err := db.Begin()
			if err != nil {
				return err
			}
			defer tx.Rollback()
			for _, name := range batch {
				if _, err := tx.Exec("insert into users values (?)", name); err != nil {
					return err
				}
			}
			return tx.Commit()
		}(); err != nil {
			return err
		}
	}
	return nil
}
