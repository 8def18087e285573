#!/usr/bin/env bash
# --connect: the server takes connections by TCP. --innodb_initialized: InnoDB is there.
set -euo pipefail

ask() { mariadb --defaults-file=/var/lib/mysql/.my-healthcheck.cnf --host=127.0.0.1 --skip-column-names --execute="$1"; }

(($# > 0)) || { echo "no test given" >&2; exit 1; }
for test in "$@"; do
  case $test in
    --connect) ask "SELECT 1" >/dev/null ;;
    --innodb_initialized)
      [[ $(ask "SELECT 1 FROM information_schema.ENGINES WHERE engine = 'innodb' AND support IN ('YES', 'DEFAULT')") == 1 ]] ;;
    *) echo "unknown test $test" >&2; exit 1 ;;
  esac
done
