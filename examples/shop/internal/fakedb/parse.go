package fakedb

import (
	"fmt"
	"slices"
	"strings"
)

// statement is a parsed query. The columns are those written, or those selected.
type statement struct {
	verb    string
	table   string
	columns []string
	where   string
	inputs  int
}

var punctuation = strings.NewReplacer("(", " ", ")", " ", ",", " ", "=", " ")

// parse reads one of
//
//	CREATE TABLE t (a, b)
//	INSERT INTO t (a, b) VALUES (?, ?)
//	UPDATE t SET a = ? WHERE b = ?
//	SELECT a, b FROM t [WHERE c = ?]
func parse(query string) (statement, error) {
	words := strings.Fields(punctuation.Replace(query))
	bad := fmt.Errorf("fakedb: cannot parse %q", query)
	if len(words) < 4 {
		return statement{}, bad
	}
	s := statement{verb: strings.ToUpper(words[0]), inputs: strings.Count(query, "?")}
	switch s.verb {
	case "CREATE":
		s.table, s.columns = words[2], words[3:]
	case "INSERT":
		values := slices.Index(words, "VALUES")
		if values < 4 || len(words)-values-1 != values-3 {
			return statement{}, bad
		}
		s.table, s.columns = words[2], words[3:values]
	case "UPDATE":
		if len(words) != 8 || words[2] != "SET" || words[5] != "WHERE" {
			return statement{}, bad
		}
		s.table, s.columns, s.where = words[1], words[3:4], words[6]
	case "SELECT":
		from := slices.Index(words, "FROM")
		if from < 2 || from+1 >= len(words) {
			return statement{}, bad
		}
		s.table, s.columns = words[from+1], words[1:from]
		if rest := words[from+2:]; len(rest) == 3 && rest[0] == "WHERE" {
			s.where = rest[1]
		} else if len(rest) != 0 {
			return statement{}, bad
		}
	default:
		return statement{}, bad
	}
	return s, nil
}
