# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The module that writes what a node trusts, on files of a home that is a folder."""

from __future__ import annotations

import json
import os
import pwd
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.kubenebula.opennebula.plugins.modules import node_trust

KEY = "ssh-ed25519 AAAAnew"
GIVEN = {
    "front_end": "cloud",
    "authorized_keys": [KEY],
    "known_hosts": "cloud ssh-ed25519 AAAAhost\n",
    "known_hosts_command": "#!/bin/sh\n",
    "ssh_config": "Host cloud\n  Port 30022\n",
    "hosts": "192.0.2.11 kvm1\n",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that belongs to whoever runs the tests."""
    me = pwd.getpwuid(os.getuid())
    account = pwd.struct_passwd((*me[:5], str(tmp_path), me.pw_shell))

    def getpwnam(name: str) -> pwd.struct_passwd:
        if name != "oneadmin":
            raise KeyError(name)
        return account

    monkeypatch.setattr(node_trust.pwd, "getpwnam", getpwnam)
    monkeypatch.setattr(node_trust, "ETC_HOSTS", tmp_path / "hosts")
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], **options: Any) -> dict[str, Any]:
    with patch_module_args({**GIVEN, **options}), pytest.raises(SystemExit):
        node_trust.main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def files(home: Path) -> dict[str, str]:
    return {str(path.relative_to(home)): path.read_text() for path in sorted(home.rglob("*")) if path.is_file()}


def test_a_bare_home_gets_everything_once(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = run(capsys)
    assert first["changed"] and len(first["files"]) == 5
    assert files(home) == {
        ".ssh/authorized_keys": f"{KEY} kubenebula:cloud\n",
        ".ssh/config": "# BEGIN front-end cloud\nHost cloud\n  Port 30022\n# END front-end cloud\n",
        ".ssh/known-hosts-command": "#!/bin/sh\n",
        ".ssh/known_hosts.opennebula": "cloud ssh-ed25519 AAAAhost\n",
        "hosts": "127.0.0.1 localhost\n# BEGIN front-end cloud\n192.0.2.11 kvm1\n# END front-end cloud\n",
    }
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [home / ".ssh", *(home / ".ssh").iterdir()]}
    assert modes.pop(".ssh") == modes.pop("known-hosts-command") == 0o700
    assert set(modes.values()) == {0o600}
    again = run(capsys)
    assert not again["changed"] and again["files"] == [] and again["diff"] == []


def test_files_that_sshd_would_refuse_are_closed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys)
    (home / ".ssh/authorized_keys").chmod(0o666)
    (home / ".ssh").chmod(0o777)
    assert run(capsys)["changed"]
    assert stat.S_IMODE((home / ".ssh/authorized_keys").stat().st_mode) == 0o600
    assert stat.S_IMODE((home / ".ssh").stat().st_mode) == 0o700


def test_check_mode_foretells_and_touches_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    foretold = run(capsys, _ansible_check_mode=True)
    assert foretold["changed"] and files(home) == {"hosts": "127.0.0.1 localhost\n"}
    assert not (home / ".ssh").exists()
    assert run(capsys)["files"] == foretold["files"]


def test_an_option_left_out_leaves_its_file_alone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys)
    before = files(home)
    left_out = {name: None for name in GIVEN if name not in ("front_end", "authorized_keys")}
    result = run(capsys, authorized_keys=["ssh-ed25519 AAAAnext"], **left_out)
    assert [Path(path).name for path in result["files"]] == ["authorized_keys"]
    assert files(home) == {**before, ".ssh/authorized_keys": "ssh-ed25519 AAAAnext kubenebula:cloud\n"}


def test_absent_leaves_the_operators_files_as_they_were(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".ssh").mkdir(mode=0o700)
    for name, text in (
        ("authorized_keys", "ssh-rsa AAAAmine me"),
        ("config", "Host mine\n"),
        ("known_hosts", "x y z\n"),
    ):
        (home / ".ssh" / name).write_text(text)
        (home / ".ssh" / name).chmod(0o600)
    before = files(home)
    run(capsys)
    assert files(home) != before
    gone = run(capsys, state="absent")
    assert gone["changed"] and files(home) == before
    assert not run(capsys, state="absent")["changed"]


def test_a_link_of_the_operator_stays_a_link(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".ssh").mkdir(mode=0o700)
    (home / "elsewhere").write_text("ssh-rsa AAAAmine\n")
    (home / "elsewhere").chmod(0o600)
    (home / ".ssh/authorized_keys").symlink_to(home / "elsewhere")
    run(capsys)
    assert (home / ".ssh/authorized_keys").is_symlink()
    assert (home / "elsewhere").read_text() == f"{KEY} kubenebula:cloud\nssh-rsa AAAAmine\n"


def test_without_the_user_it_says_what_is_missing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failed = run(capsys, user="nobody-here")
    assert failed["msg"] == "there is no user nobody-here here: install the node package first"
    assert run(capsys, user="nobody-here", state="absent")["changed"] is False
    assert run(capsys, user="nobody-here", _ansible_check_mode=True)["changed"] is True


def test_a_bad_key_is_one_sentence(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, authorized_keys=["nonsense"])["msg"].startswith("authorized_keys: a public key is its type")
    assert "authorized_keys" not in "".join(files(home))
