# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""A host is checked before and after it is set up as a node. Problems are sentences that say what to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kubenebula.opennebula.plugins.module_utils.node import requirements
from node_cases import NOBODY, SSHD, machine


def desired(kind: str = "kvm", **options: Any) -> requirements.Desired:
    return requirements.Desired(kind=kind, libvirt_file="/etc/libvirt/libvirtd.conf", **options)


@pytest.mark.parametrize("kind", ["kvm", "qemu", "lxc"])
def test_a_good_host_is_left_in_peace(tmp_path: Path, kind: str) -> None:
    good = machine(tmp_path)
    for judge in (
        requirements.problems_before,
        requirements.advice_before,
        requirements.problems_after,
        requirements.advice_after,
    ):
        assert judge(good, desired(kind)) == []


@pytest.mark.parametrize(
    ("os_release", "taken"),
    [
        ("ID=debian\nVERSION_ID=12", True),
        ('ID=ubuntu\nVERSION_ID="22.04"\nID_LIKE=debian', True),
        ('ID=ubuntu\nVERSION_ID="24.04"\nID_LIKE=debian', True),
        ('ID="almalinux"\nVERSION_ID="9.5"\nID_LIKE="rhel centos fedora"', True),
        ('ID="rocky"\nVERSION_ID="9.4"\nID_LIKE="rhel centos fedora"', True),
        ('ID="rhel"\nVERSION_ID="9.2"\nID_LIKE="fedora"', True),
        ("ID=debian\nVERSION_ID=13", False),
        ('ID=ubuntu\nVERSION_ID="26.04"\nID_LIKE=debian', False),
        ('ID="almalinux"\nVERSION_ID="10.0"\nID_LIKE="rhel centos fedora"', False),
        ('ID="rocky"\nVERSION_ID="8.10"\nID_LIKE="rhel centos fedora"', False),
    ],
)
def test_distributions_without_packages_need_a_repository_of_their_own(
    tmp_path: Path, os_release: str, taken: bool
) -> None:
    found = machine(tmp_path, {"etc/os-release": os_release})
    problems = requirements.problems_before(found, desired())
    assert (problems == []) is taken
    assert all("hypervisor_repository_url" in problem for problem in problems)
    assert requirements.problems_before(found, desired(own_packages=True)) == []
    assert len(requirements.advice_before(found, desired(own_packages=True))) == (0 if taken else 1)


@pytest.mark.parametrize(
    "os_release", ["ID=alpine\nVERSION_ID=3.20", 'ID="opensuse-leap"\nID_LIKE="suse opensuse"', ""]
)
def test_other_distributions_are_refused_whatever_the_repository(tmp_path: Path, os_release: str) -> None:
    (problem,) = requirements.problems_before(
        machine(tmp_path, {"etc/os-release": os_release}), desired(own_packages=True)
    )
    assert "is not supported" in problem and "Debian 12" in problem


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"getent_passwd_9869": (0, "backup:x:9869:34::/:/bin/sh")}, ["user backup", "9869", "usermod -u"]),
        ({"getent_group_9869": (0, "tape:x:9869:")}, ["group tape", "9869", "groupmod -g"]),
        ({"getent_passwd_oneadmin": (0, "oneadmin:x:115:9869::/:/bin/sh")}, ["115", "usermod -u 9869 oneadmin"]),
        ({"getent_group_oneadmin": (0, "oneadmin:x:115:")}, ["115", "groupmod -g 9869 oneadmin"]),
        ({"sshd": (0, SSHD + "\nallowusers root\nallowusers admin")}, ["keeps oneadmin out", "allowusers"]),
        ({"sshd": (0, SSHD + "\ndenyusers one*")}, ["keeps oneadmin out", "denyusers"]),
        ({"sshd": (0, SSHD + "\nallowgroups wheel")}, ["keeps oneadmin out", "allowgroups"]),
        (
            {"sshd": (0, SSHD.replace(".ssh/authorized_keys", "/etc/ssh/keys/%u"))},
            ["/etc/ssh/keys/%u", "AuthorizedKeysFile"],
        ),
    ],
)
def test_what_stops_before_anything_is_touched(
    tmp_path: Path, changed: dict[str, tuple[int, str]], words: list[str]
) -> None:
    (problem,) = requirements.problems_before(machine(tmp_path, **changed), desired())
    assert all(word in problem for word in words), problem


def test_a_fresh_host_has_no_oneadmin_yet(tmp_path: Path) -> None:
    fresh = machine(tmp_path, **{name.replace(" ", "_"): answer for name, answer in NOBODY.items()})
    assert requirements.problems_before(fresh, desired()) == []
    (problem,) = requirements.problems_after(fresh, desired())
    assert "no user oneadmin" in problem and "hypervisor_install" in problem


@pytest.mark.parametrize("options", ["allowusers oneadmin@10.0.0.0/8", "allowusers root one*", "denyusers guest"])
def test_a_server_that_lets_oneadmin_in_is_fine(tmp_path: Path, options: str) -> None:
    assert requirements.problems_before(machine(tmp_path, sshd=(0, f"{SSHD}\n{options}")), desired()) == []


def test_a_host_without_systemd_is_refused(tmp_path: Path) -> None:
    (problem,) = requirements.problems_before(machine(tmp_path, {"run/systemd/system/unit": None}), desired())
    assert "systemd" in problem


@pytest.mark.parametrize(
    ("virtual", "advice"), [((0, ""), "nested virtualization"), ((1, ""), "VT-x or AMD-V in its firmware")]
)
def test_a_processor_without_virtualization(tmp_path: Path, virtual: tuple[int, str], advice: str) -> None:
    weak = machine(tmp_path, {"dev/kvm": None, "proc/cpuinfo": "flags : fpu sse2"}, **{"systemd-detect-virt": virtual})
    (problem,) = requirements.problems_before(weak, desired())
    assert advice in problem and "hypervisor_type: qemu" in problem
    assert (
        requirements.problems_before(weak, desired("qemu")) == requirements.problems_before(weak, desired("lxc")) == []
    )


def test_a_kvm_that_is_not_loaded_is_reported_after_the_installation(tmp_path: Path) -> None:
    idle = machine(tmp_path, {"dev/kvm": None})
    assert requirements.problems_before(idle, desired()) == []
    (problem,) = requirements.problems_after(idle, desired())
    assert "/dev/kvm" in problem and "modprobe" in problem
    assert requirements.problems_after(idle, desired("qemu")) == []


@pytest.mark.parametrize(
    ("kind", "files", "changed", "words"),
    [
        ("kvm", {}, {"sudo": (0, "User oneadmin is not allowed to run sudo on kvm1.")}, ["sudo", "@includedir"]),
        ("kvm", {}, {"sshd": (0, SSHD.replace("forwarding yes", "forwarding no"))}, ["forwards no agent", "include"]),
        ("kvm", {}, {"virsh": (1, "error: failed\nto connect")}, ["oneadmin cannot use libvirt: error: failed to"]),
        ("qemu", {"usr/bin/qemu-kvm-one": None}, {}, ["/usr/bin/qemu-kvm-one"]),
        ("lxc", {"usr/bin/bindfs": None}, {}, ["bindfs"]),
        ("lxc", {}, {"lxc-info": (0, "3.0.2")}, ["3.0.2", "3.0.3"]),
        ("lxc", {}, {"lxc-info": (127, "lxc-info: not found")}, ["LXC cannot be used: lxc-info: not found"]),
    ],
)
def test_what_keeps_an_installed_node_from_working(
    tmp_path: Path, kind: str, files: dict[str, Any], changed: dict[str, Any], words: list[str]
) -> None:
    (problem,) = requirements.problems_after(machine(tmp_path, files, **changed), desired(kind))
    assert all(word in problem for word in words), problem


def test_advice_changes_nothing(tmp_path: Path) -> None:
    """No virtual machine is disturbed without consent, and the operator learns what waits."""
    busy = machine(tmp_path, {"run/libvirt/qemu/one-7.xml": "", "run/libvirt/qemu/one-12.xml": ""})
    wanted = desired(libvirt_settings={"host_uuid": "3"}, default_network=False)
    settings, network = requirements.advice_before(busy, wanted)
    assert "libvirt_restart" in settings and "one-12, one-7" in settings
    assert "default_network" in network and "one-12, one-7" in network
    consent = ("libvirt_restart", "default_network")
    assert (
        requirements.advice_before(
            busy, desired(libvirt_settings={"host_uuid": "3"}, default_network=False, consent=consent)
        )
        == []
    )
    assert requirements.advice_before(busy, desired(libvirt_settings={"host_uuid": "2"})) == []


def test_a_setting_counts_as_it_is_written(tmp_path: Path) -> None:
    found = machine(tmp_path)
    assert not requirements.libvirt_differs(found, desired(libvirt_settings={"host_uuid": "2"}))
    assert requirements.libvirt_differs(found, desired(libvirt_settings={"host_uuid": "1"}))
    assert requirements.libvirt_differs(found, desired(libvirt_settings={"log_filters": "2:qemu"}))


@pytest.mark.parametrize("value", ["N", "0"])
def test_nested_virtualization_is_reported_if_it_is_desired(tmp_path: Path, value: str) -> None:
    flat = machine(tmp_path, {"sys/module/kvm_intel/parameters/nested": f"{value}\n"})
    (advice,) = requirements.advice_before(flat, desired(nested=True))
    assert "kvm_intel nested=1" in advice
    assert requirements.advice_before(flat, desired()) == []
    deep = machine(tmp_path, {"sys/module/kvm_intel/parameters/nested": "Y\n"})
    assert requirements.advice_before(deep, desired(nested=True)) == []


def test_advice_on_an_installed_node(tmp_path: Path) -> None:
    files = {"etc/apparmor.d/abstractions/libvirt-qemu": "/dev/kvm rw,", "sys/module/nbd/state": None}
    odd = machine(tmp_path, {**files, "etc/fstab": "nas:/a /ds/1 nfs soft 0 0\n"}, timedatectl=(0, "no"))
    clock, mount, apparmor = requirements.advice_after(odd, desired(mounts=("/ds/1", "/ds/2")))
    assert "chrony" in clock and "/ds/2" in mount and "fstab" in mount and "include if exists" in apparmor
    _clock, nbd = requirements.advice_after(odd, desired("lxc"))
    assert "nbd" in nbd


def test_what_is_mounted_is_found(tmp_path: Path) -> None:
    found = machine(tmp_path, {"proc/self/mounts": "nas:/a /ds/1 nfs rw 0 0\ntmpfs /run tmpfs rw 0 0\n"})
    assert found.mounted(["/ds/1", "/ds/2", "/ds"]) == ["/ds/1"]


def test_a_container_has_no_clock(tmp_path: Path) -> None:
    inside = machine(tmp_path, timedatectl=(0, "no"), **{"systemd-detect-virt --container": (0, "")})
    assert requirements.advice_after(inside, desired()) == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", True),
        ("root:100000:65536\noneadmin:600100001:65536\n", True),
        ("root:600100001:65535\n", True),
        ("root:600100002:65536\n", True),
        ("root:600100001:65536\n", False),
        ("root:100000:65536\n0:600000000:1000000\n", False),
    ],
)
def test_the_identities_of_containers_have_to_be_roots(tmp_path: Path, text: str, missing: bool) -> None:
    found = machine(tmp_path, {"etc/subuid": text, "etc/subgid": "root:600100001:65536\n"})
    assert found.missing_subids() == (["/etc/subuid"] if missing else [])
