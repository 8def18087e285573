# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands on the machine that a module runs on, for those who only want to know what they say."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Callable, Sequence

# A command and, unless it is the module's own, the user whose rights it has: its exit code, and what it says.
Run = Callable[..., tuple[int, str]]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Commands:
    """run_command: that of the AnsibleModule. timeout: seconds a command may take."""

    def __init__(self, run_command: Callable[..., tuple[int, str, str]], timeout: float = 20.0) -> None:
        self.run_command, self.timeout = run_command, timeout

    def __call__(self, command: Sequence[str], user: str | None = None) -> tuple[int, str]:
        """Exit code of a command and what it says, errors last. user: whose rights and groups it has.

        A command that does not exist has the code 127, one that takes too long 124, as with a shell and timeout(1).
        Without that user it is 1.
        """
        if shutil.which(command[0], path=PATH) is None:
            return 127, f"{command[0]}: command not found"
        try:
            account = pwd.getpwuid(os.getuid()) if user is None else pwd.getpwnam(user)
        except KeyError:
            return 1, f"there is no user {user}"
        # C, because what commands say is told to the operator and looked for in the documentation
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
        if code in (124, -9):  # the latter where it had to be killed
            return 124, f"{command[0]}: no answer within {self.timeout:g} s"
        return code, "\n".join(text for text in (out.strip(), error.strip()) if text)
