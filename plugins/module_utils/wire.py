# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""XML-RPC as oned writes and reads it: calls to bytes, and bytes to values."""

from __future__ import annotations

import re
import xmlrpc.client
from typing import Any
from xml.parsers.expat import ExpatError

from ansible_collections.kubenebula.opennebula.plugins.module_utils.errors import NoAnswer, OnedError

_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# [true, text, 0], with nothing in the text but the five entities every XML has.
_ONE_TEXT = re.compile(
    rb"<\?xml [^>]*>\s*<methodResponse>\s*<params>\s*<param><value><array><data>\s*"
    rb"<value><boolean>1</boolean></value>\s*<value><string>([^<]*)</string></value>\s*<value><i4>0</i4></value>\s*"
    rb"</data></array></value></param>\s*</params>\s*</methodResponse>\s*"
)
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))


def request(method: str, params: tuple[Any, ...]) -> bytes:
    """The body of a call."""
    return xmlrpc.client.dumps(params, method, encoding="utf-8").encode()


def value(method: str, answer: bytes, place: str) -> Any:
    """What an answer holds. Raises OnedError for a fault, NoAnswer for one that cannot be read. place: who answered."""
    answer = _FORBIDDEN.sub(b"", answer)
    document = _document(answer)
    if document is not None:
        return [True, document, 0]
    try:
        values, _name = xmlrpc.client.loads(answer)
    except xmlrpc.client.Fault as fault:
        raise OnedError(method, int(fault.faultCode), str(fault.faultString)) from fault
    except (ExpatError, xmlrpc.client.ResponseError, ValueError, TypeError) as error:
        raise NoAnswer(f"the answer of {place} to {method} is cut off or not XML-RPC: {error}") from error
    return values[0]


def _document(answer: bytes) -> str | None:
    """The text of an answer that is one text, as pools are: the library takes long for a megabyte of entities."""
    found = _ONE_TEXT.fullmatch(answer)
    if found is None or b"&#" in found[1]:
        return None
    try:
        text = found[1].decode()
    except UnicodeDecodeError:
        return None
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text
