# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the stand-in keeps its objects: MariaDB or SQLite, a table a kind, a row an object.

Nothing is cached: when the database is away, nobody can log in, as with oned.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Object = dict[str, Any]

# The table of each kind.
POOLS = ("user", "group", "zone", "cluster", "host", "datastore")
TABLES = {kind: f"{kind}_pool" for kind in POOLS} | {"acl": "acl"}
DB_VERSION = "6.10.0"
CONNECT_SECONDS = 5


class DatabaseAway(Exception):
    """The database does not answer."""


class Store:
    """One connection, one lock: calls are served one at a time, each in its own transaction."""

    def __init__(self, db: dict[str, str], var: Path) -> None:
        self.db, self.var = db, var
        self.mysql = db.get("BACKEND", "sqlite").lower() == "mysql"
        self.lock = threading.Lock()
        self.connection: Any = None
        # The hosts that this transaction has written: onemonitord is told.
        self.touched: set[int] = set()

    def connect(self) -> None:
        """Open the connection. Raises DatabaseAway."""
        try:
            self.connection = self.open_mysql() if self.mysql else self.open_sqlite()
        except Exception as error:  # each driver has its own hierarchy, and any failure means the same here
            raise DatabaseAway(f"Could not open connect to database server: {error}") from error

    def open_mysql(self) -> Any:
        import pymysql

        return pymysql.connect(
            host=self.db.get("SERVER", "localhost"),
            port=int(self.db.get("PORT") or 0) or 3306,
            user=self.db.get("USER", "oneadmin"),
            password=self.db.get("PASSWD", "oneadmin"),
            database=self.db.get("DB_NAME", "opennebula"),
            connect_timeout=CONNECT_SECONDS,
            read_timeout=CONNECT_SECONDS,
            charset="utf8mb4",
        )

    def open_sqlite(self) -> sqlite3.Connection:
        busy = int(self.db.get("TIMEOUT") or 2500) / 1000
        path = self.var / "one.db"
        connection = sqlite3.connect(path, timeout=busy, check_same_thread=False, isolation_level=None)
        connection.execute("PRAGMA synchronous=OFF")
        return connection

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            cursor = self.connection.cursor()
            cursor.execute(statement.replace("?", "%s") if self.mysql else statement, values)
            return list(cursor.fetchall())
        except Exception as error:
            if type(error).__name__ in ("ProgrammingError", "IntegrityError"):
                raise
            with contextlib.suppress(Exception):
                self.connection.close()
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
            except BaseException:
                if self.connection is not None:
                    self.sql("ROLLBACK")
                raise
            self.sql("COMMIT")

    def version(self) -> str:
        """What the version tables say, or nothing: oned's own idea of bootstrapped, even without any user."""
        tables = "SELECT 1 FROM sqlite_master WHERE name = 'db_versioning'"
        if not self.sql("SHOW TABLES LIKE 'db_versioning'" if self.mysql else tables):
            return ""
        rows = self.sql("SELECT version FROM db_versioning ORDER BY oid DESC")
        return str(rows[0][0]) if rows else ""

    def create_tables(self) -> None:
        body = "MEDIUMTEXT" if self.mysql else "TEXT"
        columns = f"(oid INTEGER PRIMARY KEY, name VARCHAR(128), body {body}, UNIQUE(name))"
        for table in TABLES.values():
            self.sql(f"CREATE TABLE IF NOT EXISTS {table} {columns}")
        columns = "(tablename VARCHAR(32) PRIMARY KEY, last_oid BIGINT)"
        self.sql(f"CREATE TABLE IF NOT EXISTS pool_control {columns}")
        columns = "oid INTEGER PRIMARY KEY, version VARCHAR(256), timestamp INTEGER"
        columns += ", comment VARCHAR(256), is_slave INTEGER"
        comment = "OpenNebula 6.10.0.1 daemon bootstrap"
        for table in ("db_versioning", "local_db_versioning"):
            self.sql(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")
            self.sql(f"INSERT INTO {table} VALUES (0, ?, ?, ?, 0)", DB_VERSION, int(time.time()), comment)

    def get(self, kind: str, oid: int) -> Object | None:
        rows = self.sql(f"SELECT body FROM {TABLES[kind]} WHERE oid = ?", oid)
        return json.loads(rows[0][0]) if rows else None

    def find(self, kind: str, name: str) -> int | None:
        """The id of a name, compared as the database compares: MariaDB without case, SQLite with."""
        rows = self.sql(f"SELECT oid FROM {TABLES[kind]} WHERE name = ?", name)
        return rows[0][0] if rows else None

    def all(self, kind: str) -> list[Object]:
        """Newest first, as API_LIST_ORDER = DESC has it."""
        return [json.loads(row[0]) for row in self.sql(f"SELECT body FROM {TABLES[kind]} ORDER BY oid DESC")]

    def insert(self, kind: str, item: Object, oid: int | None = None) -> int:
        """Store a new object under the next id of its kind; ids are never used twice."""
        if oid is None:
            rows = self.sql("SELECT last_oid FROM pool_control WHERE tablename = ?", TABLES[kind])
            oid = rows[0][0] + 1 if rows else 0
        self.set_last(kind, oid)
        item["ID"] = oid
        self.touch(kind, oid)
        self.sql(f"INSERT INTO {TABLES[kind]} VALUES (?, ?, ?)", oid, item.get("NAME"), json.dumps(item))
        return oid

    def set_last(self, kind: str, oid: int) -> None:
        self.sql("REPLACE INTO pool_control VALUES (?, ?)", TABLES[kind], oid)

    def save(self, kind: str, item: Object) -> None:
        statement = f"UPDATE {TABLES[kind]} SET name = ?, body = ? WHERE oid = ?"
        self.sql(statement, item.get("NAME"), json.dumps(item), item["ID"])
        self.touch(kind, item["ID"])

    def touch(self, kind: str, oid: int) -> None:
        if kind == "host":
            self.touched.add(oid)

    def delete(self, kind: str, oid: int) -> None:
        self.touch(kind, oid)
        self.sql(f"DELETE FROM {TABLES[kind]} WHERE oid = ?", oid)
