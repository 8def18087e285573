# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""XML-RPC as oned writes and reads it: calls to bytes, and bytes to values."""

from __future__ import annotations

import re
import xmlrpc.client
from typing import Any
from xml.parsers import expat

from ansible_collections.kubenebula.opennebula.plugins.module_utils.rpc.errors import NoAnswer, OnedError

# Bytes of text that the parser collects before it calls the handler.
BUFFER = 1 << 16
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def request(method: str, params: tuple[Any, ...]) -> bytes:
    """The body of a call."""
    return xmlrpc.client.dumps(params, method, encoding="utf-8").encode()


def value(method: str, answer: bytes, place: str) -> Any:
    """The value in an answer. Raises OnedError for a fault, NoAnswer if it cannot be read. place: who answered."""
    unmarshaller = xmlrpc.client.Unmarshaller()
    unmarshaller.xml(None, None)  # type: ignore[arg-type]  # no encoding: the parser passes str
    # Like xmlrpc.client.loads, but with buffered text: a pool has many entities, and the parser of loads calls the
    # handler for each piece of text between two.
    parser = expat.ParserCreate()
    parser.buffer_text, parser.buffer_size = True, BUFFER
    parser.StartElementHandler = unmarshaller.start
    parser.EndElementHandler = unmarshaller.end
    parser.CharacterDataHandler = unmarshaller.data
    try:
        parser.Parse(_FORBIDDEN.sub(b"", answer), True)
        values = unmarshaller.close()
    except xmlrpc.client.Fault as fault:
        raise OnedError(method, int(fault.faultCode), str(fault.faultString)) from fault
    except (expat.ExpatError, xmlrpc.client.ResponseError, ValueError, TypeError) as error:
        raise NoAnswer(f"the answer of {place} to {method} is cut off or not XML-RPC: {error}") from error
    return values[0]
