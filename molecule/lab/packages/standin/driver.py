# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The SSH driver of onemonitord: brings the remotes to a host and starts or stops the agent there.

Which key, user, known hosts and ports apply is the business of ssh's own configuration alone.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shlex
import subprocess
from typing import Any

from paths import VAR

log = logging.getLogger("MDP")

SSH = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"]
SECONDS = 90


class Failed(Exception):
    """The host cannot be monitored; the text is for monitor.log."""


def run(command: list[str], stdin: str = "") -> str:
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"no answer within {SECONDS} s") from error
    except OSError as error:
        raise Failed(str(error)) from error
    if done.returncode != 0:
        raise Failed(done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}")
    return done.stdout


def remotes_digest() -> str:
    """What the remotes are now: a host that has another digest is brought up to date."""
    digest = hashlib.sha256()
    for path in sorted((VAR / "remotes").rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(VAR)).encode() + path.read_bytes())
    return digest.hexdigest()


def update_remotes(host: str, remote_dir: str) -> None:
    digest, stamp = remotes_digest(), shlex.quote(f"{remote_dir}/.digest")
    try:
        there = run([*SSH, host, f"mkdir -p {shlex.quote(remote_dir)} && touch {stamp} && cat {stamp}"])
        if there.strip() == digest:
            return
        # Hidden files at the top are the host's own: the digest and the agent's process id.
        options = ["-rlptz", "--delete", "--exclude", "/.*", "-e", shlex.join(SSH)]
        run(["rsync", *options, f"{VAR}/remotes/", f"{host}:{remote_dir}"])
        run([*SSH, host, f"echo {digest} > {stamp}"])
    except Failed as failure:
        raise Failed(f"Could not update remotes: {failure}") from failure
    log.info("remotes of %s updated", host)


def deploy(host: str, remote_dir: str, settings: dict[str, Any]) -> None:
    """Log in, bring the remotes, run the probe and leave the agent running. Raises Failed."""
    update_remotes(host, remote_dir)
    command = f"{shlex.quote(remote_dir)}/im/run_monitord_client {shlex.quote(settings['hypervisor'])}"
    run([*SSH, host, command], json.dumps(settings))


def undeploy(host: str, remote_dir: str) -> None:
    """Stop the agent. Raises Failed."""
    run([*SSH, host, f"{shlex.quote(remote_dir)}/im/stop_monitord_client"])
