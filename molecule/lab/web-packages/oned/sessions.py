# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Calls: whose they are (src/um/UserPool.cc, src/authm_mad), and their answers (src/rm)."""

import base64
import logging
import subprocess
import time
from typing import Any
from xml.sax.saxutils import escape
from xmlrpc.client import Fault

import events
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from engine import AUTHENTICATION, METHODS, ONEADMIN, Call, OneError, checked, digest, refuse
from paths import VAR
from store import DatabaseAway, Object, Store
from template import ParseError, first, vector

log = logging.getLogger("ReM")

UNKNOWN_USER = "User couldn't be authenticated, aborting call."
PROGRAM_SECONDS = 60


def vouched(account: Object, token: str) -> bool:
    """Whether a service made the token: "account:user:expiry", under what is kept of the account's password."""
    key = account["PASSWORD"][:32].encode()
    try:
        decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        text = decryptor.update(base64.b64decode(token)) + decryptor.finalize()
        name, *_user, expiry = text[: -text[-1]].decode().split(":")
        return bool(name == account["NAME"] and time.time() < int(expiry))
    except (ValueError, IndexError):
        return False


def asked(store: Store, driver: str, name: str, kept: str, secret: str) -> list[str]:
    """What a driver's program answers: the driver, the user's name, what is to be kept of the secret, and groups."""
    program = VAR / "remotes" / "auth" / driver / "authenticate"
    given = f"<USERNAME>{escape(name)}</USERNAME><PASSWORD>{escape(kept)}</PASSWORD><SECRET>{escape(secret)}</SECRET>"
    options: dict[str, Any] = {"input": f"<AUTHN>{given}</AUTHN>", "text": True, "timeout": PROGRAM_SECONDS}
    try:
        there = driver in vector(store.conf, "AUTH_MAD").get("AUTHN", "").split(",")
        refuse((not there, f"Authentication driver '{driver}' not available"))
        done: subprocess.CompletedProcess[str] = subprocess.run([program], capture_output=True, check=True, **options)
        return done.stdout.split()
    except (OneError, OSError, subprocess.SubprocessError) as error:
        log.error("Auth Error: %s", getattr(error, "stderr", "") or error)
        raise OneError(UNKNOWN_USER, AUTHENTICATION) from error


def adopted(store: Store, user: Object | None, words: list[str]) -> Object | None:
    """The user that a driver told of: made where there is none, in the groups that the driver says."""
    driver, name, kept, *rest = words
    gids = [int(word.lstrip("*")) for word in rest]
    refuse((any(store.get("group", gid) is None for gid in gids), UNKNOWN_USER), code=AUTHENTICATION)
    if user is None:
        oid = METHODS["one.user.allocate"][1](Call(store, ONEADMIN), name, kept, driver, gids or [1])
        return store.get("user", oid)
    confs = [conf for conf in store.conf.get("AUTH_MAD_CONF", []) if isinstance(conf, dict) and conf["NAME"] == driver]
    if gids and any(conf.get("DRIVER_MANAGED_GROUPS") == "YES" for conf in confs):
        user |= {"GROUPS": sorted({*gids}), "GID": user["GID"] if user["GID"] in gids else gids[0]}
        store.save("user", user)
    return user


def authenticate(store: Store, session: str) -> Object:
    """The user of a session "name:secret". No transaction is open while a driver's program runs."""
    name, _colon, secret = session.partition(":")
    with store.transaction():
        user = store.named("user", name)
    driver = user["AUTH_DRIVER"] if user else first(store.conf, "DEFAULT_AUTH", "default")
    known = not user or bool(user["ENABLED"])
    if known and driver == "core":
        known = user is not None and user["PASSWORD"] == digest(secret)
    elif known and user and driver == "server_cipher":
        # The account of the services speaks for the user that its session names next.
        name, _colon, token = secret.partition(":")
        known = vouched(user, token)
        with store.transaction():
            user = store.named("user", name)
    elif known:
        words = asked(store, driver, name, user["PASSWORD"] if user else "-", secret)
        with store.transaction():
            user = adopted(store, user, words)
    refuse((not known or user is None, UNKNOWN_USER), code=AUTHENTICATION)
    return user or {}


def answer(store: Store, name: str, values: list[Any]) -> list[Any]:
    """Answer one call as oned does: [true, value, 0] or [false, message, code, id, -1]. Raises Fault."""
    if name not in METHODS:
        raise Fault(-506, f"Method '{name}' not defined")
    (session,) = checked("s", values)
    parameters, handler = METHODS[name]
    try:
        user = authenticate(store, session)
        with store.transaction():
            result = handler(Call(store, user), *checked(parameters, values[1:]))
        log.debug("%s called by user %s", name, user["ID"])
        events.called(name, success=True)
        return [True, result, 0]
    except DatabaseAway as away:
        log.error("%s: database: %s", name, away)
        error = OneError(UNKNOWN_USER, AUTHENTICATION)
    except (OneError, ParseError) as refusal:
        error = refusal if isinstance(refusal, OneError) else OneError(str(refusal))
    log.error("%s: %s", name, error)
    events.called(name, success=False)
    return [False, f"[{name}] {error}", error.code, error.oid, -1]
