# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""The cluster is asked whether it is what the inventory says, and whether its pods will be let in."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from ansible_command import ansible

PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: kubenebula.opennebula.preflight, tasks_from: cluster}
    - ansible.builtin.include_role: {name: kubenebula.opennebula.preflight, tasks_from: platform}
"""
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
BIND, USE = "bind clusterroles system:openshift:scc:", "use securitycontextconstraints "


def resource(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "singularName": "", "namespaced": False, "kind": kind, "verbs": ["create"]}


class Cluster:
    """An API server that knows what it is and what the account may do, and nothing else."""

    def __init__(self, openshift: bool, granted: tuple[str, ...]) -> None:
        self.granted = granted
        self.asked: list[str] = []
        self.groups = {"authorization.k8s.io": [resource("selfsubjectaccessreviews", "SelfSubjectAccessReview")]}
        if openshift:
            constraints = resource("securitycontextconstraints", "SecurityContextConstraints")
            self.groups |= {"security.openshift.io": [constraints], "route.openshift.io": [resource("routes", "Route")]}

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        if path == REVIEWS and body:
            wanted = body["spec"]["resourceAttributes"]
            assert wanted["namespace"] == "cloud"
            self.asked.append(" ".join((wanted["verb"], wanted["resource"], wanted["name"])))
            return body | {"status": {"allowed": self.asked[-1] in self.granted}}
        group = path.removeprefix("/apis/").removesuffix("/v1")
        versions: dict[str, Any] = {"groupVersion": f"{group}/v1", "version": "v1"}
        found: dict[str, dict[str, Any]] = {
            "/version": {"major": "1", "minor": "33", "gitVersion": "v1.33.0"},
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []},
            "/apis": {"kind": "APIGroupList", "groups": [self.group(name) for name in self.groups]},
        }
        if group in self.groups:
            return {"kind": "APIResourceList", **versions, "resources": self.groups[group]}
        return found.get(path.rstrip("/"))

    @staticmethod
    def group(name: str) -> dict[str, Any]:
        version = {"groupVersion": f"{name}/v1", "version": "v1"}
        return {"name": name, "versions": [version], "preferredVersion": version}


@contextmanager
def serve(cluster: Cluster) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            found = cluster.answer(self.path.partition("?")[0], json.loads(body or "{}"))
            text = json.dumps(found or {"kind": "Status", "code": 404}).encode()
            self.send_response(404 if found is None else 201 if body else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def preflight(folder: Path, cluster: Cluster, *options: str, **variables: Any) -> subprocess.CompletedProcess[str]:
    play, kubeconfig = folder / "play.yml", folder / "kubeconfig"
    play.write_text(PLAY)
    with serve(cluster) as url:
        one = {"name": "one", "cluster": {"server": url}, "context": {"cluster": "one", "user": "one"}, "user": {}}
        kubeconfig.write_text(
            json.dumps({"clusters": [one], "contexts": [one], "users": [one], "current-context": "one"})
        )
        values = {
            "control_plane_kubeconfig": str(kubeconfig),
            "control_plane_context": "",
            "control_plane_namespace": "cloud",
            "control_plane_helm": "/bin/true",
            "control_plane_linux_containers": False,
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            **variables,
        }
        # what is known of the API is kept in a file there
        return ansible(
            "playbook", "-i", "localhost,", "-e", json.dumps(values), *options, str(play), TMPDIR=str(folder)
        )


@pytest.mark.parametrize(
    ("openshift", "platform", "said"),
    [
        (True, "kubernetes", "is kubernetes, but the cluster is an OpenShift: set it to openshift"),
        (False, "openshift", "is openshift, but the cluster has no security.openshift.io: set it to kubernetes"),
        (False, "kubernetes", ""),
    ],
)
def test_the_platform_is_the_clusters(tmp_path: Path, openshift: bool, platform: str, said: str) -> None:
    cluster = Cluster(openshift, granted=())
    done = preflight(tmp_path, cluster, control_plane_platform=platform)
    assert (done.returncode == 0) == (not said), done.stdout + done.stderr
    assert said in " ".join(done.stdout.split())
    assert not cluster.asked


@pytest.mark.parametrize(
    ("granted", "containers", "missing"),
    [
        ((f"{USE}privileged",), False, "nonroot-v2"),
        ((f"{BIND}nonroot-v2",), True, "privileged"),
        ((f"{BIND}nonroot-v2", f"{USE}privileged"), True, ""),
    ],
)
def test_the_pods_can_be_let_in(tmp_path: Path, granted: tuple[str, ...], containers: bool, missing: str) -> None:
    cluster = Cluster(True, granted)
    done = preflight(tmp_path, cluster, control_plane_platform="openshift", control_plane_linux_containers=containers)
    assert (done.returncode == 0) == (not missing), done.stdout + done.stderr
    if missing:
        said = " ".join(done.stdout.split())
        assert f"may not bind the SCC {missing} in the namespace cloud" in said
        assert f"add-role-to-user system:openshift:scc:{missing} ACCOUNT -n cloud" in said


def test_check_mode_asks_as_well(tmp_path: Path) -> None:
    cluster = Cluster(True, (f"{BIND}nonroot-v2",))
    done = preflight(tmp_path, cluster, "--check", control_plane_platform="openshift")
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(cluster.asked) == [f"{BIND}nonroot-v2", f"{USE}nonroot-v2"]
    assert "changed=0" in done.stdout
