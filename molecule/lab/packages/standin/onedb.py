# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""onedb: `version` only, of the database that oned.conf names.

Exit codes: 0 fine, 1 not bootstrapped, 2 older, 3 newer, 255 no answer. As the real one it looks at the
version tables, which an oned that refused to start has filled already.
"""

from __future__ import annotations

import sys

from paths import ETC, VAR
from store import DB_VERSION, DatabaseAway, Store
from template import parse, vector


def main(arguments: list[str]) -> int:
    if arguments[:1] != ["version"]:
        print("usage: onedb version [-v]", file=sys.stderr)
        return 255
    db = vector(parse((ETC / "oned.conf").read_text(encoding="utf-8")), "DB")
    store = Store(db, VAR)
    found = ""
    try:
        # To open a database of SQLite is to create it.
        if store.mysql or (VAR / "one.db").exists():
            with store.transaction():
                found = store.version()
    except DatabaseAway as error:
        print(error, file=sys.stderr)
        return 255
    if not found:
        print("Database is not correctly bootstraped.")
        return 1
    print(f"Shared: {found}\nLocal:  {found}")
    print(f"Required shared version: {DB_VERSION}\nRequired local version:  {DB_VERSION}")
    there, required = ([int(part) for part in version.split(".")] for version in (found, DB_VERSION))
    return 0 if there == required else 2 if there < required else 3
