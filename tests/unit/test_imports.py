# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Which folder of module_utils may import which: the table of docs/contributing.md, read from the imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

MODULE_UTILS = Path(__file__).parents[2] / "plugins/module_utils"
PACKAGE = "ansible_collections.kubenebula.opennebula.plugins.module_utils"
# from the top floor down: a folder imports only from the folders after it
FLOORS = ("ansible", "checks", "resources", "hosts", "reconcile", "documents", "rpc")
# runs on the hypervisors, which have nothing of the rest
NODE = "node"
FILES = {".".join(path.relative_to(MODULE_UTILS).with_suffix("").parts): path for path in MODULE_UTILS.rglob("*.py")}


def imported(path: Path) -> Iterator[str]:
    """Modules of module_utils that a file imports, as FOLDER.FILE."""
    for statement in ast.walk(ast.parse(path.read_text())):
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith(PACKAGE):
            inside = (statement.module or "").removeprefix(PACKAGE).lstrip(".")
            for alias in statement.names:
                yield inside if inside in FILES else f"{inside}.{alias.name}".lstrip(".")
        elif isinstance(statement, ast.ImportFrom):
            assert statement.level == 0, f"{path}: a relative import"
        elif isinstance(statement, ast.Import):
            assert not any(alias.name.startswith(PACKAGE) for alias in statement.names), path


GRAPH = {name: set(imported(path)) for name, path in FILES.items()}


def folder(name: str) -> str:
    return name.partition(".")[0]


def test_no_module_stands_at_the_top() -> None:
    assert {folder(name) for name in FILES} == {*FLOORS, NODE}
    assert list(MODULE_UTILS.glob("*.py")) == []


def test_every_import_is_known() -> None:
    assert {target for targets in GRAPH.values() for target in targets} <= set(FILES)


def test_folders_import_only_from_folders_below() -> None:
    upwards = [
        f"{name} imports {target}"
        for name, targets in GRAPH.items()
        for target in targets
        if folder(name) != folder(target)
        and (NODE in (folder(name), folder(target)) or FLOORS.index(folder(target)) <= FLOORS.index(folder(name)))
    ]
    assert upwards == []


def test_no_imports_go_round_in_a_circle() -> None:
    assert len(list(TopologicalSorter(GRAPH).static_order())) == len(FILES)


def test_ansible_is_imported_in_its_folder_alone() -> None:
    """On a hypervisor too: its modules hand their AnsibleModule over. Types do not count."""
    importing = [name for name, path in FILES.items() if folder(name) != "ansible" and imports_ansible(path)]
    assert importing == []


def imports_ansible(path: Path) -> bool:
    tree = ast.parse(path.read_text())
    typing_only = {
        statement
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for statement in block.body
    }
    names = [
        name
        for statement in ast.walk(tree)
        if statement not in typing_only
        for name in (
            [statement.module or ""]
            if isinstance(statement, ast.ImportFrom)
            else [alias.name for alias in statement.names]
            if isinstance(statement, ast.Import)
            else []
        )
    ]
    return any(name.partition(".")[0] == "ansible" for name in names)
