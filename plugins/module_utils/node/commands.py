# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs commands on the node for their output."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Callable, Sequence

# Takes a command and optionally a user to run it as, the module's own by default. Returns exit code and output.
Run = Callable[..., tuple[int, str]]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Commands:
    """run_command: of the AnsibleModule. timeout: seconds a command may take."""

    def __init__(self, run_command: Callable[..., tuple[int, str, str]], timeout: float = 20.0) -> None:
        self.run_command, self.timeout = run_command, timeout

    def __call__(self, command: Sequence[str], user: str | None = None) -> tuple[int, str]:
        """Exit code and output of a command, errors last. user: runs the command, with all groups.

        The code is 127 if the command does not exist and 124 after a timeout, as with a shell and timeout(1). It is 1
        if there is no such user.
        """
        if shutil.which(command[0], path=PATH) is None:
            return 127, f"{command[0]}: command not found"
        try:
            account = pwd.getpwuid(os.getuid()) if user is None else pwd.getpwnam(user)
        except KeyError:
            return 1, f"there is no user {user}"
        # LC_ALL=C: messages of commands appear in reports, and operators search the documentation for them.
        environment = {"PATH": PATH, "LC_ALL": "C", "HOME": account.pw_dir}
        environment.update(USER=account.pw_name, LOGNAME=account.pw_name)
        code, out, error = self.run_command(
            [
                *("timeout", "--kill-after=1", str(self.timeout)),
                *([] if user is None else ["runuser", "-u", user, "--"]),
                *("env", "-i", *(f"{name}={value}" for name, value in environment.items())),
                *command,
            ],
            environ_update={"PATH": PATH},
            expand_user_and_vars=False,
            errors="replace",
            cwd="/",
        )
        if code in (124, -9):  # -9 if the command had to be killed
            return 124, f"{command[0]}: no answer within {self.timeout:g} s"
        return code, "\n".join(text for text in (out.strip(), error.strip()) if text)
