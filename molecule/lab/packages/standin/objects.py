# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What every kind of object shares: info, pools, update, rename, delete, changes of one object, and names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api import ACTION, INTERNAL, XML_RPC_API, Call, OneError, method
from store import Object
from template import ParseError, parse

# src/pool/PoolObjectSQL.cc
FORBIDDEN = "&|:\\\";/'#{}$<>"
LONGEST = 128

Render = Callable[[Call, Object], str]
Change = Callable[[Call, Object], None]
Register = Callable[[Callable[..., None]], Callable[..., None]]


def check_text(what: str, text: str, forbidden: str, code: int, end: str = "") -> None:
    """A NAME or password that is neither empty nor holds what it must not."""
    if not text:
        raise OneError(f"Invalid {what}, it cannot be empty{end}", code)
    for character in text:
        if character in forbidden:
            word = "char" if what == "NAME" else "character"
            raise OneError(f"Invalid {what}, {word} '{character}' is not allowed{end}", code)


def check_name(name: str, code: int, extra: str = "", end: str = "") -> None:
    check_text("NAME", name, FORBIDDEN + extra, code, end)
    if len(name) > LONGEST:
        raise OneError(f"Invalid NAME, max length is {LONGEST} chars{end}", code)


def check_free(call: Call, kind: str, name: str) -> None:
    holder = call.store.find(kind, name)
    if holder is not None:
        raise OneError(f"NAME is already taken by {kind.upper()} {holder}.", INTERNAL)


def register_info(kind: str, render: Render, in_pool: Render | None = None, tail: str = "") -> None:
    """one.KIND.info, where id -1 is the caller's own user or group, and one.KINDpool.info, what is usable."""
    own = {"user": "ID", "group": "GID"}
    tag = kind.upper()

    @method(f"one.{kind}.info", "i", f"Returns {kind} information")
    def info(call: Call, oid: int) -> str:
        item = call.get(kind, call.user[own[kind]] if oid == -1 and kind in own else oid)
        call.require(("USE", tag, item["ID"]))
        return render(call, item)

    @method(f"one.{kind}pool.info", "", f"Returns the {kind} pool")
    def pool(call: Call) -> str:
        usable = [item for item in call.store.all(kind) if call.may("USE", tag, item["ID"])]
        shown = "".join((in_pool or render)(call, item) for item in usable)
        return f"<{tag}_POOL>{shown}{tail}</{tag}_POOL>"


def change(name: str, letters: str, help_text: str, right: str = "ADMIN", elsewhere: str = "") -> Register:
    """A method one.KIND.VERB that changes one object, on which it needs a right; it answers with the id.

    elsewhere: what is said of other zones than this one.
    """
    kind = name.split(".")[1]

    def register(handler: Callable[..., None]) -> Callable[..., None]:
        @method(name, f"i{letters}", help_text)
        def act(call: Call, oid: int, *values: Any) -> int:
            if elsewhere and oid != 0:
                raise OneError(f"{elsewhere} through the target zone endpoints", ACTION)
            item = call.get(kind, oid)
            call.require((right, kind.upper(), oid))
            handler(call, item, *values)
            call.store.save(kind, item)
            return oid

        return handler

    return register


def register_update(kind: str, right: str = "MANAGE", after: Change | None = None) -> None:
    """one.KIND.update: 0 replaces the template, 1 merges into it name by name."""

    @change(f"one.{kind}.update", "s?i", f"Updates a {kind} template", right)
    def update(call: Call, item: Object, text: str, how: int = 0) -> None:
        if how not in (0, 1):
            raise OneError("Wrong update type", XML_RPC_API)
        try:
            new = parse(text)
        except ParseError as error:
            raise OneError(f"Cannot update template. {error}", INTERNAL) from error
        item["TEMPLATE"] = item["TEMPLATE"] | new if how == 1 else new
        if after:
            after(call, item)


def register_rename(kind: str, right: str = "MANAGE") -> None:
    @method(f"one.{kind}.rename", "is", f"Renames a {kind}")
    def rename(call: Call, oid: int, name: str) -> int:
        item = call.get(kind, oid)
        if item["NAME"] == name:
            return oid
        call.require((right, kind.upper(), oid))
        holder = call.store.find(kind, name)
        if holder not in (None, oid):
            message = f"{kind} cannot be renamed to {name} because it collides with {kind} {holder}"
            raise OneError(message, ACTION)
        check_name(name, ACTION)
        call.store.save(kind, item | {"NAME": name})
        return oid


def register_allocate(kind: str, new: Callable[[Call, str], int]) -> None:
    """one.KIND.allocate of what has nothing but a name."""

    @method(f"one.{kind}.allocate", "s", f"Allocates a new {kind}")
    def allocate(call: Call, name: str) -> int:
        call.require(("CREATE", kind.upper(), None))
        check_name(name, INTERNAL)
        check_free(call, kind, name)
        return new(call, name)


def register_delete(kind: str, refusal: Render, first_id: int = 0, after: Change | None = None) -> None:
    """one.KIND.delete: not of what the cloud was born with, nor where `refusal` gives a reason."""

    @method(f"one.{kind}.delete", "i", f"Deletes a {kind}")
    def delete(call: Call, oid: int) -> int:
        item = call.get(kind, oid)
        call.require(("ADMIN", kind.upper(), oid))
        system = f"System {kind.capitalize()}s (ID < {first_id}) cannot be deleted."
        reason = system if oid < first_id else refusal(call, item)
        if reason:
            raise OneError(f"Cannot delete {kind}. {reason}", ACTION)
        call.store.delete(kind, oid)
        if after:
            after(call, item)
        return oid
