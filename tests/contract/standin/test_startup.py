# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What oned does and refuses at its start and its end, measured on a real one."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from standin_cloud import SESSION, Cloud, free_port

SERVICE_FILES = ("sunstone_auth", "onegate_auth", "oneflow_auth")
REFUSED = 255


def users(cloud: Cloud) -> int:
    with sqlite3.connect(cloud.var / "one.db") as db:
        return int(db.execute("SELECT COUNT(*) FROM user_pool").fetchone()[0])


def refused(cloud: Cloud) -> subprocess.CompletedProcess[str]:
    """oned's only run, which must end by itself with 255 and without its lock."""
    done = cloud.run("oned", "-f")
    assert done.returncode == REFUSED
    return done


def configure(cloud: Cloud, text: str) -> None:
    with cloud.oned_conf.open("a") as file:
        file.write(text + "\n")


def test_bootstrap_makes_users_keys_and_service_files(cloud: Cloud) -> None:
    cloud.start()
    assert users(cloud) == 2
    contents = set()
    for name in SERVICE_FILES:
        path = cloud.var / ".one" / name
        assert path.stat().st_mode & 0o777 == 0o600
        contents.add(path.read_text())
    assert len(contents) == 1
    assert contents.pop().startswith("serveradmin:")
    assert (cloud.var / ".one" / "one_key").stat().st_mode & 0o777 == 0o600


def test_a_given_key_is_kept(cloud: Cloud) -> None:
    key = cloud.auth("one_key", "given")
    cloud.start()
    assert key.read_text() == "given\n"


@pytest.mark.parametrize("name", SERVICE_FILES)
def test_service_files_on_an_empty_database_are_refused(cloud: Cloud, name: str) -> None:
    old = cloud.auth(name, "serveradmin:old")
    done = refused(cloud)
    message = f"Password file {old} already exists but OpenNebula is boostraping the database."
    assert message in cloud.log("oned.log")
    assert done.stderr == "", "with a log file nothing is on standard error any more"
    assert users(cloud) == 0
    assert cloud.run("onedb", "version").returncode == 0, "onedb looks at tables, not at users"
    assert old.read_text() == "serveradmin:old\n"


def test_after_the_refusal_an_emptied_directory_bootstraps(cloud: Cloud) -> None:
    old = cloud.auth("oneflow_auth", "serveradmin:old")
    refused(cloud)
    old.unlink()
    # Those the refused start wrote before it met the old one are in the way now.
    refused(cloud)
    for name in SERVICE_FILES:
        (cloud.var / ".one" / name).unlink(missing_ok=True)
    cloud.start()
    assert users(cloud) == 2


def test_without_one_auth_it_does_not_start(cloud: Cloud) -> None:
    (cloud.var / ".one" / "one_auth").unlink()
    refused(cloud)
    assert "Error reading one_auth" in cloud.log("oned.log")
    assert users(cloud) == 0


def test_the_name_serveradmin_is_reserved(cloud: Cloud) -> None:
    cloud.auth("one_auth", "serveradmin:PASSWORD")
    refused(cloud)
    assert "The name 'serveradmin' is reserved" in cloud.log("oned.log")


def test_a_stale_lock_is_refused_and_stays(cloud: Cloud) -> None:
    lock = cloud.var / "lock" / ".lock"
    lock.touch()
    done = refused(cloud)
    assert done.stderr == f"Error: Cannot start oned, opening lock file {lock}\n"
    assert lock.exists()


def test_without_the_directory_of_the_lock_it_does_not_start(cloud: Cloud) -> None:
    (cloud.var / "lock").rmdir()
    assert "Cannot start oned, opening lock file" in refused(cloud).stderr


def unreachable(cloud: Cloud) -> None:
    configure(cloud, f'DB = [ BACKEND = "mysql", SERVER = "127.0.0.1", PORT = {free_port()}, PASSWD = "hidden" ]')


def test_an_unreachable_database_is_refused_without_a_retry(cloud: Cloud) -> None:
    unreachable(cloud)
    before = time.monotonic()
    done = refused(cloud)
    assert "Could not open connect to database server" in done.stderr
    assert time.monotonic() - before < 5
    assert not (cloud.var / "lock" / ".lock").exists()
    assert cloud.run("onedb", "version").returncode == REFUSED


def test_the_database_password_is_not_logged(cloud: Cloud) -> None:
    unreachable(cloud)
    assert "hidden" not in refused(cloud).stderr
    assert "hidden" not in cloud.log("oned.log")


def test_nothing_is_bootstrapped_before_the_first_start(cloud: Cloud) -> None:
    assert cloud.run("onedb", "version").returncode == 1
    assert not (cloud.var / "one.db").exists()


def test_a_server_id_needs_a_bootstrapped_database(cloud: Cloud) -> None:
    configure(cloud, 'FEDERATION = [ MODE = "STANDALONE", SERVER_ID = 0 ]')
    assert "Database has to be bootstraped to start oned in HA" in refused(cloud).stderr


def test_a_zone_of_several_servers_is_not_pretended(cloud: Cloud) -> None:
    cloud.start()
    cloud.stop()
    configure(cloud, 'FEDERATION = [ MODE = "STANDALONE", SERVER_ID = 0 ]')
    refused(cloud)
    assert "A zone of several servers is not re-enacted" in cloud.log("oned.log")


def test_the_endpoint_names_localhost(cloud: Cloud) -> None:
    cloud.start()
    assert f"http://localhost:{cloud.port}/RPC2" in cloud.call("one.zone.info", 0)[1]


def test_the_endpoint_is_the_configured_one(cloud: Cloud) -> None:
    configure(cloud, 'FEDERATION = [ MODE = "STANDALONE", SERVER_ID = -1, MASTER_ONED = "http://one:2633/RPC2" ]')
    cloud.start()
    assert "<ENDPOINT><![CDATA[http://one:2633/RPC2]]></ENDPOINT>" in cloud.call("one.zone.info", 0)[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(cloud: Cloud, number: int) -> None:
    cloud.start()
    cloud.wait(cloud.monitord, "onemonitord")
    child = cloud.monitord()
    assert "lib/mads/onemonitord" in Path(f"/proc/{child}/cmdline").read_text()
    assert cloud.stop(number) == 0
    assert not (cloud.var / "lock" / ".lock").exists()
    assert not Path(f"/proc/{child}").exists()


def test_killed_it_leaves_its_lock_and_no_onemonitord(cloud: Cloud) -> None:
    cloud.start()
    cloud.wait(cloud.monitord, "onemonitord")
    child = cloud.monitord()
    cloud.stop(signal.SIGKILL)
    assert (cloud.var / "lock" / ".lock").exists()
    cloud.wait(lambda: not alive(child), "end of onemonitord", 3)


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def test_everything_survives_a_restart(cloud: Cloud) -> None:
    cloud.start()
    assert cloud.call("one.host.allocate", "first", "none", "none", -1)[1] == 0
    assert cloud.call("one.host.allocate", "second", "none", "none", -1)[1] == 1
    cloud.call("one.host.delete", 1)
    cloud.stop()
    # Only the first start reads who oneadmin is; afterwards the database knows.
    cloud.auth("one_auth", "oneadmin:another")
    cloud.start()
    assert "<NAME>first</NAME>" in cloud.call("one.host.info", 0, session=SESSION)[1]
    assert cloud.call("one.host.allocate", "second", "none", "none", -1)[1] == 2, "ids are never used again"


def test_while_the_database_is_away_nobody_is_known(cloud: Cloud) -> None:
    configure(cloud, 'DB = [ BACKEND = "sqlite", TIMEOUT = 200 ]')
    cloud.start()
    with sqlite3.connect(cloud.var / "one.db", isolation_level=None) as db:
        db.execute("BEGIN EXCLUSIVE")
        answer = cloud.call("one.system.version")
        message = "[one.system.version] User couldn't be authenticated, aborting call."
        assert answer == [False, message, 256, -1, -1]
        db.execute("ROLLBACK")
    assert cloud.call("one.system.version")[0] is True


def test_the_log_starts_anew_with_each_start(cloud: Cloud) -> None:
    cloud.start()
    cloud.stop()
    (cloud.var / "oned.log").write_text("old\n")
    cloud.start()
    assert "old\n" not in cloud.log("oned.log")


def test_the_scheduler_logs_in_and_stops_cleanly(cloud: Cloud) -> None:
    cloud.start()
    scheduler = cloud.popen("mm_sched")
    cloud.wait(lambda: "placed []" in cloud.log("sched.log"), "look at the VMs")
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.wait(5) == 0


@pytest.mark.parametrize("name", ["mm_sched", "oneshowback"])
def test_companions_need_one_auth(cloud: Cloud, name: str) -> None:
    (cloud.var / ".one" / "one_auth").unlink()
    done = cloud.run(name, "calculate")
    assert done.returncode == REFUSED
    assert "Could not open file" in done.stderr


def test_the_commands_speak_with_oned(cloud: Cloud) -> None:
    cloud.start()
    cloud.call("one.host.allocate", "host1", "none", "none", -1)
    assert cloud.run("onehost", "list").stdout.split() == ["0", "host1", "default", "init"]
    assert cloud.run("onehost", "show", "0").stderr == "usage: onehost list\n"
    assert cloud.run("oneshowback", "calculate").returncode == 0
    cloud.auth("one_auth", "oneadmin:wrong")
    done = cloud.run("onehost", "list")
    assert done.returncode == REFUSED
    assert "couldn't be authenticated" in done.stderr
