# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Stands in for OneFlow: asks for a password, and logs every event of a virtual machine that oned publishes on 2101."""

from __future__ import annotations

import base64
import binascii
import json
import threading

import zmq
from cloud import Handler, Refused, Service, log


class Flow(Handler):
    def do_GET(self) -> None:
        try:
            scheme, dummy, encoded = self.headers.get("Authorization", "").partition(" ")
            if scheme != "Basic":
                raise ValueError("A username and password must be provided")
            self.service.call(base64.b64decode(encoded, validate=True).decode(), "user.info", -1, False)
        except (ValueError, binascii.Error, Refused) as error:
            self.reply(401, str(error))
        except OSError as error:
            self.reply(500, str(error))
        else:
            self.reply(200, json.dumps({"DOCUMENT_POOL": {}}))


def recover(service: Service) -> None:
    """Look after services in transition: once, at the start."""
    try:
        service.as_server("userpool.info")
        log.info("recovered the services")
    except (OSError, Refused) as error:
        log.error("cannot recover the services: %s", error)


def subscribe(endpoint: str) -> None:
    socket = zmq.Context().socket(zmq.SUB)
    socket.connect(endpoint)
    socket.setsockopt_string(zmq.SUBSCRIBE, "EVENT STATE VM/")
    while True:
        topic, *_content = socket.recv_multipart()
        log.info("event: %s", topic.decode())


if __name__ == "__main__":
    Flow.service = Service("oneflow")
    recover(Flow.service)
    threading.Thread(target=subscribe, args=(Flow.service.conf["subscriber_endpoint"],), daemon=True).start()
    Flow.service.serve(Flow)
