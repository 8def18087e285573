# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes that oned keeps encrypted, such as EC2_SECRET of a host or PASSWORD in the CONTEXT of a template.

oned.conf lists them (*_ENCRYPTED_ATTR). Pools contain the ciphertext. The methods *.info return the text to members of
group oneadmin that ask for it (OpenNebula 6.10.0.1, src/rm/RequestManagerInfo.cc). For any other user such an attribute
always differs from the desired one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents import xml
from ansible_collections.kubenebula.opennebula.plugins.module_utils.documents.template import Template, differing
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.client import Call, Client
from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import NOT_FOUND, OnedError

# AES-256 in CBC mode, in base64: whole blocks of 16 octets (src/common/NebulaUtil.cc).
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}\Z")
_BLOCK = 16


class Hidden(str):
    """A value that oned keeps encrypted, decrypted or not. It must not be shown."""

    __slots__ = ()


def is_cipher(value: Any) -> bool:
    """Whether a value, or a value in it, may be ciphertext of oned."""
    if isinstance(value, (dict, list)):
        return any(map(is_cipher, value.values() if isinstance(value, dict) else value))
    if not isinstance(value, str) or len(value) % 4 or not _BASE64.match(value):
        return False
    return (len(value) // 4 * 3 - value.count("=")) % _BLOCK == 0


def revealed(
    client: Client, observed: Mapping[int, Template], desired: Mapping[int, Template], info: Callable[[int], Call]
) -> dict[int, Template]:
    """Decrypted templates of the objects in which a desired attribute differs from what may be ciphertext.

    observed: templates by id, as in pools. desired: attributes to compare, by id. info: the call that reads an object
    decrypted. One request for all objects, none if nothing differs. Raises OnedError.
    """
    unclear = {
        number: [key for key in differing(attributes, observed[number]) if is_cipher(observed[number].get(key))]
        for number, attributes in desired.items()
    }
    calls = {number: info(number) for number, keys in unclear.items() if keys}
    templates: dict[int, Template] = {}
    for (number, call), outcome in zip(calls.items(), client.read_many(list(calls.values())), strict=True):
        plain: Template = {}
        if not isinstance(outcome, OnedError):
            plain = xml.template(xml.parse(outcome, call.method))
        elif outcome.code != NOT_FOUND:  # someone else has just removed the object
            raise outcome
        marked = {key: _marked(observed[number][key], plain.get(key)) for key in unclear[number]}
        templates[number] = {**observed[number], **marked}
    return templates


def _marked(cipher: Any, plain: Any) -> Any:
    """The plain value, decrypted parts marked as Hidden. Ciphertext without a plain value is marked as it is."""
    if isinstance(cipher, dict):
        inner = plain if isinstance(plain, dict) else {}
        return {key: _marked(value, inner.get(key)) for key, value in cipher.items()}
    if isinstance(cipher, list):
        items = plain if isinstance(plain, list) and len(plain) == len(cipher) else [None] * len(cipher)
        return [_marked(value, item) for value, item in zip(cipher, items, strict=True)]
    if not is_cipher(cipher):
        return cipher
    return Hidden(plain if isinstance(plain, str) else cipher)
