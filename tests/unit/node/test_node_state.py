# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A node is converged while it is as the last run left it, and only then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.kubenebula.opennebula.plugins.modules import node_check
from node_cases import SSHD, machine

UNIT = "systemctl show --property=ActiveState,UnitFileState libvirtd.socket"
PACKAGES = "dpkg-query"
KVM = {
    "etc/fstab": "nas:/a /ds/1 nfs soft 0 0\n",
    "etc/subuid": "root:600100001:65536\n",
    "etc/subgid": "root:600100001:65536\n",
    "ds/0/disk": "",
    "proc/self/mounts": "nas:/a /ds/1 nfs rw 0 0\n",
}
SAYS = {
    UNIT: (0, "ActiveState=active\nUnitFileState=enabled"),
    PACKAGES: (0, "libvirt-daemon ii  9.0.0-4\nopennebula-node-kvm ii  6.10.0.1-1"),
    "id -Gn oneadmin": (0, "oneadmin libvirt"),
    "getsebool": (0, "virt_use_nfs --> on"),
}
GIVEN: dict[str, Any] = {
    "stage": "converged",
    "name": "kvm1",
    "type": "kvm",
    "own_packages": False,
    "nested": False,
    "default_network": True,
    "libvirt_file": "/etc/libvirt/libvirtd.conf",
    "libvirt_settings": {"host_uuid": "2"},
    "mounts": ["/ds/1"],
    "consent": [],
    "files": ["/etc/fstab", "/etc/sudoers.d/site", "/etc/libvirt/libvirtd.conf"],
    "folders": ["/ds/0"],
    "units": ["libvirtd.socket"],
    "fingerprint": "d1",
    "state_file": "/var/lib/state.json",
}


def look(root: Path, disk: dict[str, str | None] | None = None, **changed: Any) -> dict[str, Any]:
    """What the module returns. changed: options, or the output of a command."""
    options = {name: changed.pop(name) for name in list(changed) if name in GIVEN}
    found = machine(root, {**KVM, **(disk or {})}, **{**SAYS, **changed})
    return node_check.check(found, {**GIVEN, **options})


@pytest.fixture
def converged(tmp_path: Path) -> Path:
    """The files of a converged node."""
    write_state_file(tmp_path, look(tmp_path, stage="after")["node_state"])
    return tmp_path


def write_state_file(root: Path, content: dict[str, Any]) -> None:
    (root / "var/lib").mkdir(parents=True, exist_ok=True)
    (root / "var/lib/state.json").write_text(json.dumps(content, indent=4))


def test_a_node_is_converged_once_it_has_a_state_file(tmp_path: Path) -> None:
    assert look(tmp_path)["converged"] is False and look(tmp_path)["drift"] == ["state file"]


@pytest.mark.parametrize("kind", ["kvm", "qemu"])
def test_what_is_as_it_was_is_converged(converged: Path, kind: str) -> None:
    found = look(converged, type=kind)
    assert (found["converged"], found["drift"], found["problems"]) == (True, [], [])
    # and stays so: a second state file is the same
    again = look(converged, type=kind, stage="after")["node_state"]
    assert json.loads(json.dumps(again)) == json.loads((converged / "var/lib/state.json").read_text())


def test_what_is_managed_is_known_from_the_state_file(converged: Path) -> None:
    """Which files and units that are depends on the distribution, which nobody has asked for yet."""
    nothing = {"files": [], "folders": [], "units": [], "libvirt_file": ""}
    assert look(converged, **nothing)["converged"] is True
    assert look(converged, {"etc/fstab": ""}, **nothing)["drift"] == ["/etc/fstab"]


def test_who_does_not_say_the_inputs_of_the_node_gets_no_promise(converged: Path) -> None:
    assert look(converged, fingerprint="")["converged"] is False


@pytest.mark.parametrize(
    ("name", "files", "changed"),
    [
        ("fingerprint", {}, {"fingerprint": "d2"}),
        ("/etc/fstab", {"etc/fstab": ""}, {}),
        ("/etc/libvirt/libvirtd.conf", {"etc/libvirt/libvirtd.conf": 'host_uuid = "2"\n'}, {}),
        ("/etc/sudoers.d/site", {"etc/sudoers.d/site": "oneadmin ALL=(ALL) NOPASSWD: ALL\n"}, {}),
        ("libvirtd.socket", {}, {UNIT: (0, "ActiveState=inactive\nUnitFileState=enabled")}),
        ("libvirtd.socket", {}, {UNIT: (0, "ActiveState=active\nUnitFileState=disabled")}),
        ("packages", {}, {PACKAGES: (0, "libvirt-daemon ii  9.0.0-5\nopennebula-node-kvm ii  6.10.0.1-1")}),
        ("packages", {}, {PACKAGES: (0, "libvirt-daemon ii  9.0.0-4\nopennebula-node-kvm rc  6.10.0.1-1")}),
        ("groups of oneadmin", {}, {"id -Gn oneadmin": (0, "oneadmin")}),
        ("SELinux", {}, {"getsebool": (0, "virt_use_nfs --> off")}),
        ("mount /ds/1", {"proc/self/mounts": "nas:/b /ds/1 nfs rw 0 0\n"}, {}),
        ("mount /ds/1", {"proc/self/mounts": ""}, {}),
    ],
)
def test_drift_is_noticed_and_named(
    converged: Path, name: str, files: dict[str, str | None], changed: dict[str, Any]
) -> None:
    found = look(converged, files, **changed)
    assert (found["converged"], found["drift"]) == (False, [name])


@pytest.mark.parametrize(("path", "name"), [("etc/fstab", "/etc/fstab"), ("ds/0", "/ds/0")])
def test_modes_count(converged: Path, path: str, name: str) -> None:
    (converged / path).chmod(0o700)
    assert look(converged)["drift"] == [name]


def test_a_file_that_is_gone_is_noticed(converged: Path) -> None:
    (converged / "etc/fstab").unlink()
    found = look(converged, {"etc/fstab": None})
    assert (found["converged"], found["drift"]) == (False, ["/etc/fstab"])


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"fingerprint": "d1"}', '{"fingerprint": "d1", "managed": {}, "state": 3}']
)
def test_an_unreadable_state_file_is_not_converged(converged: Path, text: str) -> None:
    (converged / "var/lib/state.json").write_text(text)
    found = look(converged)
    assert (found["converged"], found["drift"]) == (False, ["state file"])


@pytest.mark.parametrize(
    ("files", "changed"),
    [
        # left alone while virtual machines ran
        ({}, {"libvirt_settings": {"host_uuid": "3"}}),
        ({"run/libvirt/network/default.xml": ""}, {"default_network": False}),
        ({"etc/libvirt/qemu/networks/autostart/default.xml": ""}, {"default_network": False}),
        ({}, {"sshd": (0, SSHD.replace("agentforwarding yes", "agentforwarding no"))}),
        # installed, and does not work
        ({}, {"virsh": (1, "error: failed to connect")}),
        ({"usr/bin/qemu-kvm-one": None}, {}),
    ],
)
def test_what_waits_or_does_not_work_is_not_converged(
    converged: Path, files: dict[str, str | None], changed: dict[str, Any]
) -> None:
    for name, text in files.items():
        if text is None:
            (converged / name).unlink()
    found = look(converged, files, **changed)
    assert (found["converged"], found["drift"], found["problems"]) == (False, [], [])


def test_a_problem_is_one_on_a_converged_node_as_well(converged: Path) -> None:
    """The next look names it."""
    out = {"sshd": (0, f"{SSHD}\nallowusers root")}
    found = look(converged, **out)
    assert (found["converged"], found["problems"], found["drift"]) == (False, [], [])
    assert "keeps oneadmin out" in look(converged, stage="before", **out)["problems"][0]


def test_the_identities_of_containers_are_reserved(converged: Path) -> None:
    write_state_file(converged, look(converged, stage="after", type="lxc")["node_state"])
    assert look(converged, type="lxc")["converged"] is True
    assert look(converged, {"etc/subuid": ""}, type="lxc")["converged"] is False


def test_advice_is_given_on_a_converged_node_as_well(converged: Path) -> None:
    found = look(converged, timedatectl=(0, "no"), nested=True)
    nested, clock = found["advice"]
    assert found["converged"] is True and "nested virtualization" in nested and "clock" in clock
    # once: what follows on a node that is not converged gives it
    assert look(converged, timedatectl=(0, "no"), nested=True, fingerprint="d2")["advice"] == []


@pytest.mark.parametrize(
    ("problems", "check_mode", "kept"), [([], False, True), ([], True, False), (["it has no libvirt."], False, False)]
)
def test_a_good_look_afterwards_leaves_its_record_for_root_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problems: list[str], check_mode: bool, kept: bool
) -> None:
    path, content = tmp_path / "state.json", {"fingerprint": "d1"}
    found = {"problems": problems, "advice": [], "node_state": content}
    monkeypatch.setattr(node_check, "check", lambda _machine, _given: found)
    given = {
        "stage": "after",
        "name": "kvm1",
        "type": "kvm",
        "state_file": str(path),
        "_ansible_check_mode": check_mode,
    }
    with patch_module_args(given), pytest.raises(SystemExit):
        node_check.main()
    assert path.exists() is kept
    if kept:
        assert json.loads(path.read_text()) == content and path.stat().st_mode & 0o777 == 0o600
