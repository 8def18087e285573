# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""Settings of the running oned and its monitor, with OpenNebula's defaults for settings that are not in the files."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

RUNNING = Path("/run/one")
PROXY = Path("/etc/kubenebula/config/tproxy.json")


def _parser() -> Any:
    """Return the script ``configure``, which has written the files and has a parser for them."""
    loader = importlib.machinery.SourceFileLoader("configure", str(Path(__file__).parents[1] / "configure"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("configure", loader))
    loader.exec_module(module)
    return module


def entries(name: str) -> dict[str, Any]:
    """Return the keys of a file, in capitals like the attributes of vectors; of a repeated key the last one."""
    found: dict[str, Any] = {}
    for key, value in _parser().parse((RUNNING / f"{name}.conf").read_text()):
        found[key.upper()] = {k.upper(): v for k, v in value.items()} if isinstance(value, dict) else value
    return found


def onegate(endpoint: str) -> str:
    """Return the URL at which hypervisors reach OneGate: the target of the transparent proxy if there is one."""
    if not PROXY.exists():
        return endpoint
    proxy = json.loads(PROXY.read_text())
    return f"http://{proxy['remote_addr']}:{proxy['remote_port']}"


def read() -> dict[str, Any]:
    """Return the settings that the checks need. Times are in seconds."""
    main, monitor = entries("oned"), entries("monitord")
    network, log = monitor.get("NETWORK", {}), monitor.get("LOG", {})
    return {
        "hostname": main.get("HOSTNAME", ""),
        "zone": int(main.get("FEDERATION", {}).get("ZONE_ID", 0)),
        "onegate": onegate(main.get("ONEGATE_ENDPOINT", "")),
        "datastores_path": main.get("DATASTORE_LOCATION", "/var/lib/one/datastores"),
        "console_start": int(re.match(r"\d+", main.get("VNC_PORTS", {}).get("START", "5900")).group()),
        "monitor_address": network.get("MONITOR_ADDRESS", "auto"),
        "monitor_port": int(network.get("PORT", 4124)),
        "sample_period": int(monitor.get("PROBES_PERIOD", {}).get("MONITOR_HOST", 120)),
        # the monitor logs messages that arrive only to a file, and from INFO on
        "arrivals_logged": log.get("SYSTEM", "FILE").upper() == "FILE" and int(log.get("DEBUG_LEVEL", 3)) >= 2,
    }
