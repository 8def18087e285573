# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What the role does on the distributions that no lab can have: its variables, as Ansible computes them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from role_variables import variable

ROLE = Path(__file__).parents[2] / "roles/hypervisor"
DEBIAN = {"os_family": "Debian", "distribution": "Debian", "distribution_version": "12.5"}
JAMMY = {"os_family": "Debian", "distribution": "Ubuntu", "distribution_version": "22.04"}
NOBLE = {"os_family": "Debian", "distribution": "Ubuntu", "distribution_version": "24.04"}
ALMA = {"os_family": "RedHat", "distribution": "AlmaLinux", "distribution_version": "9.5"}
ROCKY = {"os_family": "RedHat", "distribution": "Rocky", "distribution_version": "9.4"}
RHEL = {"os_family": "RedHat", "distribution": "RedHat", "distribution_version": "9.4"}
ALL = [DEBIAN, JAMMY, NOBLE, ALMA, ROCKY, RHEL]
UPSTREAM = "https://downloads.opennebula.io/repo/6.10"


def value(name: str, facts: dict[str, str], **given: Any) -> Any:
    """Return a variable of the role on a machine with these facts."""
    variables = {
        "inventory_hostname": "kvm1",
        "role_path": str(ROLE),
        "ansible_facts": {**facts, "distribution_major_version": facts["distribution_version"].split(".")[0]},
        "__hypervisor_observed": {
            "virtual_machines": [],
            "selinux": facts["os_family"] == "RedHat",
            "libvirt_differs": True,
            "forwards_agent": True,
        },
        "hypervisor_type": "kvm",
        **given,
    }
    return variable(ROLE, name, variables)


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        (DEBIAN, "Debian/12"),
        (JAMMY, "Ubuntu/22.04"),
        (NOBLE, "Ubuntu/24.04"),
        (ALMA, "RedHat/9/$basearch"),
        (ROCKY, "RedHat/9/$basearch"),
        (RHEL, "RedHat/9/$basearch"),
    ],
)
def test_the_repository_is_that_of_the_distribution(facts: dict[str, str], path: str) -> None:
    assert value("__hypervisor_repository", facts).strip() == f"{UPSTREAM}/{path}"
    mirror = "http://mirror.example.org/one"
    assert value("__hypervisor_repository", facts, hypervisor_repository_url=mirror).strip() == mirror


@pytest.mark.parametrize("kind", ["kvm", "lxc"])
def test_the_version_is_pinned_as_the_package_manager_wants_it(kind: str) -> None:
    assert value("__hypervisor_packages", DEBIAN, hypervisor_type=kind) == [f"opennebula-node-{kind}=6.10.0.1-*"]
    assert value("__hypervisor_packages", ALMA, hypervisor_type=kind)[0] == f"opennebula-node-{kind}-6.10.0.1-*"
    newest = value("__hypervisor_packages", JAMMY, hypervisor_type=kind, hypervisor_version="")
    assert newest == [f"opennebula-node-{kind}"]


def test_emulation_is_the_node_for_kvm() -> None:
    assert value("__hypervisor_packages", NOBLE, hypervisor_type="qemu") == ["opennebula-node-kvm=6.10.0.1-*"]


def test_only_what_is_asked_for_is_installed_beside_it() -> None:
    mounts = [{"id": 100, "source": "nas:/a"}, {"id": 0}]
    assert value("__hypervisor_packages", DEBIAN, hypervisor_datastores=mounts)[1:] == ["nfs-common"]
    selinux = ["python3-policycoreutils", "python3-libsemanage"]
    assert value("__hypervisor_packages", ROCKY, hypervisor_datastores=mounts)[1:] == ["nfs-utils", *selinux]
    disks = [{"id": 100, "source": "/dev/vg/ds", "fstype": "xfs"}, {"source": "nas:/b", "fstype": "nfs4"}]
    assert value("__hypervisor_packages", DEBIAN, hypervisor_datastores=disks[:1])[1:] == []
    assert value("__hypervisor_packages", DEBIAN, hypervisor_datastores=disks)[1:] == ["nfs-common"]
    assert value("__hypervisor_packages", NOBLE, hypervisor_extra_packages=["ceph-common"])[1:] == ["ceph-common"]


def test_epel_is_a_package_but_on_rhel_itself() -> None:
    assert value("__hypervisor_epel_release", ALMA).strip() == value("__hypervisor_epel_release", ROCKY).strip()
    assert value("__hypervisor_epel_release", ALMA).strip() == "epel-release"
    assert value("__hypervisor_epel_release", RHEL).strip().endswith("/epel-release-latest-9.noarch.rpm")


@pytest.mark.parametrize("facts", ALL)
def test_libvirt_is_configured_where_its_daemon_reads(facts: dict[str, str]) -> None:
    modular = facts["os_family"] == "RedHat"
    libvirt = value("__hypervisor_libvirt", facts)
    units = value("__hypervisor_units", facts)
    assert libvirt["file"] == f"/etc/libvirt/{'virtqemud' if modular else 'libvirtd'}.conf"
    # migration asks for libvirtd's socket on the other machine
    assert ("virtproxyd.socket" if modular else "libvirtd.socket") in units
    assert all(unit.endswith(".socket") for unit in units)
    other = value("__hypervisor_libvirt", facts, hypervisor_libvirt_daemons="monolithic" if modular else "modular")
    assert other["file"] != libvirt["file"]


def test_a_host_keeps_its_identity_and_has_its_own() -> None:
    mine, again = (value("__hypervisor_libvirt_settings", DEBIAN) for _number in range(2))
    yours = value("__hypervisor_libvirt_settings", DEBIAN, inventory_hostname="kvm2")
    assert mine == again and mine.keys() == {"host_uuid"} and mine != yours
    filters = value("__hypervisor_libvirt_settings", DEBIAN, hypervisor_libvirt_log_filters="2:qemu")
    assert filters == {**mine, "log_filters": "2:qemu"}


BUSY = {"virtual_machines": ["one-7"], "libvirt_differs": True, "forwards_agent": False}


@pytest.mark.parametrize("facts", ALL)
def test_lines_replace_what_stands_there(facts: dict[str, str]) -> None:
    lines = value("__hypervisor_lines", facts, hypervisor_libvirt_log_filters="2:qemu")
    there = ['#host_uuid = "00000000-0000-0000-0000-000000000000"', '# log_filters="1:qemu 1:libvirt 4:object"']
    for line, old in zip(lines, there, strict=False):
        assert re.search(line["regexp"], old) and re.search(line["regexp"], line["line"])
        assert not re.search(line["regexp"], '#host_uuid_source = "smbios"')
    apparmor = [line["line"] for line in lines if "apparmor" in line["path"]]
    assert apparmor == (["/var/lib/one/datastores/** rwk,"] if facts["os_family"] == "Debian" else [])


def test_what_runs_keeps_libvirts_lines_away() -> None:
    assert value("__hypervisor_lines", ALMA, __hypervisor_observed=BUSY) == []
    consent = value("__hypervisor_lines", ALMA, __hypervisor_observed=BUSY, hypervisor_consent=["libvirt_restart"])
    assert [line["path"] for line in consent] == ["/etc/libvirt/virtqemud.conf"]
    assert value("__hypervisor_may_restart", ALMA, __hypervisor_observed=BUSY) is False


def test_files_are_written_only_where_they_are_needed() -> None:
    assert value("__hypervisor_files", DEBIAN) == []
    (server,) = value("__hypervisor_files", DEBIAN, __hypervisor_observed=BUSY)
    assert server["path"] == "/etc/ssh/sshd_config.d/00-opennebula.conf"
    (sudo,) = value("__hypervisor_files", NOBLE, hypervisor_sudoers=["/usr/bin/a", "/usr/bin/b c"])
    assert sudo["content"] == "oneadmin ALL=(ALL:ALL) NOPASSWD: /usr/bin/a, /usr/bin/b c\n"
    # taken back
    (none,) = value("__hypervisor_files", NOBLE, hypervisor_sudoers=[])
    assert none["content"].startswith("#") and none["path"] == sudo["path"]


def test_exporters_run_only_on_request() -> None:
    assert value("__hypervisor_units", DEBIAN, hypervisor_type="lxc") == []
    assert value("__hypervisor_units", DEBIAN, hypervisor_type="lxc", hypervisor_exporters=True) == [
        "prometheus-node-exporter.service"
    ]
    kvm = value("__hypervisor_units", ALMA, hypervisor_exporters=True)
    assert kvm[-2:] == ["opennebula-libvirt-exporter.service", "opennebula-node-exporter.service"]
    packages = value("__hypervisor_packages", NOBLE, hypervisor_exporters=True)
    assert packages[1:] == ["opennebula-prometheus-kvm=6.10.0.1-*"]


def test_mounts_are_named_by_their_folder() -> None:
    datastores = [{"id": 0}, {"id": 1, "source": "nas:/a"}, {"source": "nas:/b"}]
    check = value("__hypervisor_check", DEBIAN, hypervisor_datastores=datastores)
    assert check["mounts"] == ["/var/lib/one/datastores/1", "/var/lib/one/datastores"]
    assert check["own_packages"] is False
    assert value("__hypervisor_check", DEBIAN, hypervisor_install=False)["own_packages"] is True


# What the fingerprint does not cover: how oned knows the hypervisor, and how long the role waits.
NOT_ITS_STATE = {"address", "cluster", "labels", "template", "package_retries", "package_throttle"}


def test_every_other_variable_changes_the_fingerprint() -> None:
    specs = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    changes: dict[str, Any] = {"str": "another", "path": "/another", "int": 7, "list": [{"id": 7}], "dict": {"a": "b"}}
    before = value("__hypervisor_fingerprint", DEBIAN)
    assert value("__hypervisor_fingerprint", DEBIAN) == before
    assert value("__hypervisor_fingerprint", DEBIAN, inventory_hostname="kvm2") != before
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
    for name, about in specs.items():
        new = not defaults[name] if about["type"] == "bool" else about.get("choices", [changes[about["type"]]])[-1]
        given = [new] if about["type"] == "list" and "choices" in about else new
        fingerprint = value("__hypervisor_fingerprint", DEBIAN, **{name: given})
        assert (fingerprint == before) == (name.removeprefix("hypervisor_") in NOT_ITS_STATE), name


def test_a_changed_role_changes_every_fingerprint(tmp_path: Path) -> None:
    shutil.copytree(ROLE, tmp_path / "role")
    before, same = (
        value("__hypervisor_fingerprint", DEBIAN, role_path=str(path)) for path in (ROLE, tmp_path / "role")
    )
    assert before == same
    (tmp_path / "role/tasks/kvm.yml").open("a").write("# more\n")
    assert value("__hypervisor_fingerprint", DEBIAN, role_path=str(tmp_path / "role")) != before


def test_folders_that_are_mounted_are_left_to_their_server() -> None:
    datastores = [{"id": 0}, {"id": 1, "source": "nas:/a"}]
    check = value("__hypervisor_managed", DEBIAN, hypervisor_datastores=datastores)
    assert check["folders"] == ["/var/lib/one/datastores/0"]


def test_nobody_has_to_gather_facts_to_ask_whether_a_hypervisor_is_converged() -> None:
    for name in ("__hypervisor_check", "__hypervisor_fingerprint"):
        assert value(name, DEBIAN, ansible_facts={}) == value(name, ALMA)


@pytest.mark.parametrize(
    ("drift", "key", "added", "outdated"),
    [
        (["fingerprint"], False, False, True),
        (["state file"], False, False, True),
        (["/etc/apt/keyrings/opennebula.asc"], True, False, True),
        # apt has just read them
        (["fingerprint"], True, True, False),
        (["/etc/subuid"], False, False, False),
    ],
)
def test_package_lists_are_read_again_when_they_may_be_outdated(
    drift: list[str], key: bool, added: bool, outdated: bool
) -> None:
    results = {"__hypervisor_key": {"changed": key}, "__hypervisor_added": {"changed": added}}
    given = {**results, "__hypervisor_convergence": {"drift": drift}}
    assert value("__hypervisor_lists_outdated", DEBIAN, **given) is outdated


def test_package_lists_of_a_repository_that_the_role_does_not_manage() -> None:
    """The tasks that register the results are skipped."""
    skipped = {"changed": False, "skipped": True}
    given = {"__hypervisor_key": skipped, "__hypervisor_added": skipped, "__hypervisor_convergence": {"drift": []}}
    assert value("__hypervisor_lists_outdated", ALMA, **given) is False
