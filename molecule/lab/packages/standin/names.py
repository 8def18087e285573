# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What every kind of object shares: info, rename, update, names and their rules."""

from __future__ import annotations

from collections.abc import Callable

from api import ACTION, INTERNAL, XML_RPC_API, Call, OneError, method
from store import Object
from template import ParseError, Template, merge, parse

# src/pool/PoolObjectSQL.cc
FORBIDDEN = "&|:\\\";/'#{}$<>"
LONGEST = 128


def check_name(name: str, code: int, extra: str = "", end: str = "") -> None:
    if not name:
        raise OneError(f"Invalid NAME, it cannot be empty{end}", code)
    for character in name:
        if character in FORBIDDEN + extra:
            raise OneError(f"Invalid NAME, char '{character}' is not allowed{end}", code)
    if len(name) > LONGEST:
        raise OneError(f"Invalid NAME, max length is {LONGEST} chars{end}", code)


def check_free(call: Call, kind: str, name: str) -> None:
    holder = call.store.find(kind, name)
    if holder is not None:
        raise OneError(f"NAME is already taken by {kind.upper()} {holder}.", INTERNAL)


def parsed(text: str) -> Template:
    try:
        return parse(text)
    except ParseError as error:
        raise OneError(f"Cannot update template. Parse error: {error}", INTERNAL) from error


def ids(values: list[int], tag: str) -> str:
    return f"<{tag}>{''.join(f'<ID>{value}</ID>' for value in values)}</{tag}>"


def register_info(kind: str, render: Callable[[Call, Object], str]) -> None:
    """one.KIND.info; id -1 is the caller's own user or group."""

    @method(f"one.{kind}.info", "i?b", f"Returns {kind} information", zone_disabled=True)
    def info(call: Call, oid: int, _decrypt: bool = False) -> str:
        if oid == -1 and kind in ("user", "group"):
            oid = call.user["ID" if kind == "user" else "GID"]
        item = call.get(kind, oid)
        call.require(("USE", kind.upper(), oid))
        return render(call, item)


def register_pool(kind: str, render: Callable[[Call, Object], str], tail: str = "") -> None:
    """one.KINDpool.info: what the caller may use."""
    tag = f"{kind.upper()}_POOL"

    @method(f"one.{kind}pool.info", "", f"Returns the {kind} pool", zone_disabled=True)
    def pool(call: Call) -> str:
        items = [item for item in call.store.all(kind) if call.may("USE", kind.upper(), item["ID"])]
        return f"<{tag}>{''.join(render(call, item) for item in items)}{tail}</{tag}>"


def register_update(
    kind: str,
    keep: tuple[str, ...] = (),
    after: Callable[[Call, Object], None] | None = None,
) -> None:
    """one.KIND.update: 0 replaces the template but for the names in `keep`, 1 merges into it."""

    @method(f"one.{kind}.update", "isi", f"Updates a {kind} template")
    def update(call: Call, oid: int, text: str, how: int) -> int:
        if how not in (0, 1):
            raise OneError("Wrong update type", XML_RPC_API)
        item = call.get(kind, oid)
        call.require(("MANAGE", kind.upper(), oid))
        new = parsed(text)
        kept = {name: item["TEMPLATE"][name] for name in keep if name in item["TEMPLATE"]}
        item["TEMPLATE"] = merge(item["TEMPLATE"] if how == 1 else kept, new)
        if after:
            after(call, item)
        call.store.save(kind, item)
        return oid


def register_rename(kind: str, after: Callable[[Call, Object], None] | None = None) -> None:
    @method(f"one.{kind}.rename", "is", f"Renames a {kind}")
    def rename(call: Call, oid: int, name: str) -> int:
        item = call.get(kind, oid)
        if item["NAME"] == name:
            return oid
        call.require(("MANAGE", kind.upper(), oid))
        holder = call.store.find(kind, name)
        if holder not in (None, oid):
            message = f"{kind} cannot be renamed to {name} because it collides with {kind} {holder}"
            raise OneError(message, ACTION)
        check_name(name, ACTION)
        item["NAME"] = name
        call.store.save(kind, item)
        if after:
            after(call, item)
        return oid
