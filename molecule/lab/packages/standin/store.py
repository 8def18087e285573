# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""MariaDB or SQLite, a table a kind, a row an object. Nothing is cached: when it is away, nobody can log in."""

import contextlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from template import Template, vector

Object = dict[str, Any]

DB_VERSION = "6.10.0"
CONNECT_SECONDS = 5


def key(item: Object) -> str:
    """What must be unique of an object: its KEY or name, with its owner if it has one. No name has a slash."""
    parts = item.get("UID"), item.get("KEY", item["NAME"])
    return "/".join(str(part) for part in parts if part is not None)


class DatabaseAway(Exception):
    """The database does not answer."""


class Store:
    """One connection, one lock: calls are served one at a time, each in its own transaction."""

    def __init__(self, conf: Template, var: Path) -> None:
        self.conf, self.db, self.path = conf, vector(conf, "DB"), var / "one.db"
        self.mysql = self.db.get("BACKEND", "sqlite").lower() == "mysql"
        self.lock = threading.Lock()
        self.connection: Any = None
        # The hosts that a transaction has written, and who is told of them before it ends.
        self.touched: set[int] = set()
        self.told: Callable[[], None] = lambda: None

    def connect(self) -> None:
        """Open the connection. Raises DatabaseAway."""
        db = self.db.get
        try:
            if self.mysql:
                import pymysql

                where = {"host": db("SERVER", "localhost"), "port": int(db("PORT") or 0) or 3306}
                who = {"user": db("USER", "oneadmin"), "password": db("PASSWD", "oneadmin")}
                limits = {"connect_timeout": CONNECT_SECONDS, "read_timeout": CONNECT_SECONDS}
                self.connection = pymysql.connect(database=db("DB_NAME", "opennebula"), **where, **who, **limits)
            else:
                busy = int(db("TIMEOUT") or 2500) / 1000
                connection = sqlite3.connect(self.path, timeout=busy, check_same_thread=False, isolation_level=None)
                connection.execute("PRAGMA synchronous=OFF")
                self.connection = connection
        except Exception as error:  # each driver has its own hierarchy, and any failure means the same here
            raise DatabaseAway(f"Could not open connect to database server: {error}") from error

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            cursor = self.connection.cursor()
            cursor.execute(statement.replace("?", "%s") if self.mysql else statement, values)
            return list(cursor.fetchall())
        except Exception as error:
            self.connection = None
            raise DatabaseAway(str(error)) from error

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is written, or nothing. Reconnects when the connection was lost meanwhile."""
        with self.lock:
            self.touched.clear()
            try:
                self.sql("BEGIN")
            except DatabaseAway:
                self.connect()
                self.sql("BEGIN")
            try:
                yield
                self.told()
            except BaseException:
                if self.connection is not None:
                    self.sql("ROLLBACK")
                raise
            self.sql("COMMIT")

    def bootstrapped(self) -> bool:
        """oned's own idea of it: there are tables, even if there is no user."""
        tables = "SELECT 1 FROM sqlite_master WHERE name = 'db_versioning'"
        return bool(self.sql("SHOW TABLES LIKE 'db_versioning'" if self.mysql else tables))

    def create_tables(self, kinds: Iterable[str]) -> None:
        columns = f"oid INTEGER PRIMARY KEY, name VARCHAR(160) UNIQUE, body {'MEDIUMTEXT' if self.mysql else 'TEXT'}"
        for kind in kinds:
            self.sql(f"CREATE TABLE IF NOT EXISTS {kind}_pool ({columns})")
        self.sql("CREATE TABLE IF NOT EXISTS pool_control (tablename VARCHAR(32) PRIMARY KEY, last_oid BIGINT)")
        self.sql("CREATE TABLE db_versioning (oid INTEGER PRIMARY KEY, version VARCHAR(256))")
        self.sql("INSERT INTO db_versioning VALUES (0, ?)", DB_VERSION)

    def get(self, kind: str, oid: int) -> Object | None:
        rows = self.sql(f"SELECT body FROM {kind}_pool WHERE oid = ?", oid)
        return json.loads(rows[0][0]) if rows else None

    def find(self, kind: str, name: str, uid: int | None = None) -> int | None:
        """The id of a name, compared as the database compares: MariaDB without case, SQLite with."""
        rows = self.sql(f"SELECT oid FROM {kind}_pool WHERE name = ?", key({"NAME": name, "UID": uid}))
        return rows[0][0] if rows else None

    def named(self, kind: str, name: str) -> Object | None:
        oid = self.find(kind, name)
        return None if oid is None else self.get(kind, oid)

    def all(self, kind: str) -> list[Object]:
        """Newest first, as API_LIST_ORDER = DESC has it."""
        return [json.loads(row[0]) for row in self.sql(f"SELECT body FROM {kind}_pool ORDER BY oid DESC")]

    def next_id(self, kind: str) -> int:
        """Ids are never used twice."""
        rows = self.sql("SELECT last_oid FROM pool_control WHERE tablename = ?", kind)
        return int(rows[0][0]) + 1 if rows else 0

    def reserve(self, kind: str, first: int) -> None:
        """Have the next id be at least this one."""
        if first > self.next_id(kind):
            self.sql("REPLACE INTO pool_control VALUES (?, ?)", kind, first - 1)

    def insert(self, kind: str, item: Object) -> int:
        oid = item["ID"] = self.next_id(kind)
        self.reserve(kind, oid + 1)
        self.save(kind, item)
        return oid

    def save(self, kind: str, item: Object) -> None:
        self.write(kind, item["ID"], "REPLACE INTO {}_pool VALUES (?, ?, ?)", key(item), json.dumps(item))

    def delete(self, kind: str, oid: int) -> None:
        self.write(kind, oid, "DELETE FROM {}_pool WHERE oid = ?")

    def write(self, kind: str, oid: int, statement: str, *values: object) -> None:
        self.sql(statement.format(kind), oid, *values)
        if kind == "host":
            self.touched.add(oid)
