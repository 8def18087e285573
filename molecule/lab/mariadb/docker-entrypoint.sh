#!/usr/bin/env bash
# Makes the database on an empty volume, then becomes the server. Arguments are mariadbd's.
set -euo pipefail
umask 077

data=/var/lib/mysql
fresh=$data/.fresh # made here and moved at the end, so that a crash half way leaves no half database

[[ ${1:-} != mariadbd ]] || shift
[[ $# == 0 || $1 == -* ]] || exec "$@"

# secret NAME: value of the variable, or of the file that NAME_FILE names, quoted for SQL
secret() {
  local value=${!1:-} file=${1}_FILE
  [[ -z ${!file:-} ]] || value=$(<"${!file}")
  value=${value//\\/\\\\}
  printf '%s' "${value//\'/\\\'}"
}

statements() {
  local root password database user health
  root=$(secret MARIADB_ROOT_PASSWORD)
  database=${MARIADB_DATABASE:-}
  user=$(secret MARIADB_USER)
  password=$(secret MARIADB_PASSWORD)
  health=$(head -c 24 /dev/urandom | base64)
  printf '[mariadb-client]\nuser=healthcheck\npassword=%s\n' "$health" >"$fresh/.my-healthcheck.cnf"
  echo "CREATE USER healthcheck@'127.0.0.1' IDENTIFIED BY '$health', healthcheck@localhost IDENTIFIED BY '$health';"
  # mariadb-install-db made more of them, without a password
  echo "DELETE FROM mysql.global_priv WHERE user = '' OR user = 'root' AND host <> 'localhost'; FLUSH PRIVILEGES;"
  [[ -z $database ]] || echo "CREATE DATABASE \`$database\`;"
  if [[ -n $user ]]; then
    echo "CREATE USER '$user'@'%' IDENTIFIED BY '$password';"
    [[ -z $database ]] || echo "GRANT ALL ON \`${database//_/\\_}\`.* TO '$user'@'%';"
  fi
  echo "CREATE USER root@'%' IDENTIFIED BY '$root'; GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;"
  echo "ALTER USER root@localhost IDENTIFIED BY '$root';"
}

initialise() {
  local socket=/run/mysqld/fresh.sock server entry
  if [[ -z ${MARIADB_ROOT_PASSWORD:-}${MARIADB_ROOT_PASSWORD_FILE:-} ]]; then
    echo "MARIADB_ROOT_PASSWORD or MARIADB_ROOT_PASSWORD_FILE is needed for an empty volume" >&2
    exit 1
  fi
  rm -rf "$fresh"
  mkdir "$fresh"
  mariadb-install-db "$@" --datadir="$fresh" --auth-root-authentication-method=normal --skip-test-db >/dev/null
  mariadbd "$@" --datadir="$fresh" --skip-networking --socket="$socket" &
  server=$!
  until mariadb-admin --no-defaults --socket="$socket" --user=root ping &>/dev/null; do
    kill -0 "$server"
    sleep 0.1
  done
  statements | mariadb --no-defaults --socket="$socket" --user=root
  kill "$server"
  wait "$server"
  # what marks a database as made goes last
  mv "$fresh/mysql" "$data/.mysql"
  shopt -s dotglob
  for entry in "$fresh"/*; do
    rm -rf "${data:?}/${entry##*/}"
    mv "$entry" "$data/"
  done
  mv "$data/.mysql" "$data/mysql"
  rmdir "$fresh"
}

[[ -d $data/mysql ]] || initialise "$@"
exec mariadbd "$@"
