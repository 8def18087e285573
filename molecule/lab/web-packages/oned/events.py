# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What happens is published on 2101 (src/hm, src/hm_mad): by ZeroMQ, in two parts, a topic and a document in base64."""

import base64
import shlex
import threading
from typing import Any

from template import Template, vector

sending = threading.Lock()
socket: Any = None


def start(conf: Template) -> None:
    """Listen where HM_MAD says."""
    global socket
    import zmq

    words = shlex.split(vector(conf, "HM_MAD").get("ARGUMENTS", ""))
    given = {"-p": "2101", "-b": "127.0.0.1"} | dict(zip(words[::2], words[1::2], strict=False))
    socket = zmq.Context.instance().socket(zmq.PUB)
    socket.bind(f"tcp://{given['-b']}:{given['-p']}")


def publish(content: str, *topics: str) -> None:
    message = base64.b64encode(f"<HOOK_MESSAGE>{content}</HOOK_MESSAGE>".encode())
    with sending:
        for topic in topics if socket else ():
            socket.send_multipart([f"EVENT {topic}".encode(), message])


def called(method: str, success: bool) -> None:
    """Of a call that may have changed something; its parameters are left out."""
    if not method.endswith("info"):
        outcome = f"<CALL_INFO><RESULT>{int(success)}</RESULT></CALL_INFO>"
        publish(f"<HOOK_TYPE>API</HOOK_TYPE><CALL>{method}</CALL>{outcome}", f"API {method} {int(success)}")
