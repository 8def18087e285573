# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""onedb: `version` only. Exit codes: 0 fine, 1 not bootstrapped, 2 older, 3 newer, 255 no answer.

As the real one it looks at the version tables, which an oned that refused to start has filled already.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from paths import ETC, VAR
from store import DB_VERSION, DatabaseAway, Store
from template import parse, vector


def settings(options: argparse.Namespace) -> tuple[dict[str, str], Path]:
    """The database of the options, or of oned.conf when there are none."""
    if options.sqlite:
        # The store looks for one.db in a directory.
        return {"BACKEND": "sqlite"}, Path(options.sqlite).parent
    if not options.server and not options.type:
        return vector(parse((ETC / "oned.conf").read_text(encoding="utf-8")), "DB"), VAR
    given = {"SERVER": options.server, "PORT": options.port, "USER": options.username, "DB_NAME": options.dbname}
    password = options.password or os.environ.get("ONE_DB_PASSWORD")
    known = {name: value for name, value in {**given, "PASSWD": password}.items() if value}
    return {"BACKEND": options.type or "mysql", **known}, VAR


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="onedb")
    parser.add_argument("command", choices=["version"])
    parser.add_argument("-v", "--verbose", action="store_true")
    for short, name in (("t", "type"), ("s", "sqlite"), ("S", "server"), ("P", "port")):
        parser.add_argument(f"-{short}", f"--{name}")
    for short, name in (("u", "username"), ("p", "password"), ("d", "dbname")):
        parser.add_argument(f"-{short}", f"--{name}")
    db, var = settings(parser.parse_args(arguments))
    if db["BACKEND"] == "sqlite" and not (var / "one.db").exists():
        print("Database is not correctly bootstraped.")
        return 1
    store = Store(db, var)
    try:
        store.connect()
        if not store.has_tables():
            print("Database is not correctly bootstraped.")
            return 1
        found = str(store.sql("SELECT version FROM db_versioning ORDER BY oid DESC")[0][0])
    except DatabaseAway as error:
        print(error, file=sys.stderr)
        return 255
    print(f"Shared: {found}\nLocal:  {found}")
    print(f"Required shared version: {DB_VERSION}\nRequired local version:  {DB_VERSION}")
    order = [[int(part) for part in version.split(".")] for version in (found, DB_VERSION)]
    return 0 if order[0] == order[1] else 2 if order[0] < order[1] else 3
