# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What helm writes when it fails. The schema reports are what Helm 3.18.6 wrote; Helm 4.3 writes the same."""

from __future__ import annotations

import pytest
from ansible_collections.kubenebula.opennebula.plugins.filter.helm_errors import helm_errors as told

NESTED = """Error: values don't meet the specifications of the schema(s) in the following chart(s):
c:
- at '': missing property 'needed'
- at '/one': 'oneOf' failed, none matched
  - at '/one': got object, want string
  - at '/one': missing property 'x'
- at '/replicaCount': minimum: got 0, want 1
- at '/exposure': validation failed
  - at '/exposure/a~1b': got number, want string
  - at '/exposure/ports/0/name': 'A1' does not match pattern '^[a-z]+$'
  - at '/exposure/type': value must be one of 'NodePort', 'LoadBalancer'
- at '': additional properties 'bogus' not allowed

"""
TOLD = (
    "exposure.a/b: got number, want string; exposure.ports[0].name: 'A1' does not match pattern '^[a-z]+$'; "
    "exposure.type: value must be one of 'NodePort', 'LoadBalancer'; "
    "one: 'oneOf' failed, none matched (got object, want string or missing property 'x'); "
    "replicaCount: minimum: got 0, want 1; the top level: additional properties 'bogus' not allowed; "
    "the top level: missing property 'needed'"
)


def test_every_value_and_its_problem_are_named() -> None:
    assert told(NESTED) == TOLD


def test_the_order_in_which_helm_tells_does_not_matter() -> None:
    lines = NESTED.splitlines()
    shuffled = [*lines[:2], *lines[7:11], lines[6], *lines[3:6], lines[2], *lines[11:]]
    assert told("\n".join(shuffled)) == TOLD


def test_charts_are_named_when_there_are_several() -> None:
    assert told(NESTED.rstrip("\n") + "\nsub:\n- at '/k': got number, want string\n") == (
        f"chart c: {TOLD}; chart sub: k: got number, want string"
    )


@pytest.mark.parametrize(
    "start", ["Error: INSTALLATION FAILED: ", "Error: UPGRADE FAILED: ", "level=ERROR msg=x\nError: "]
)
def test_every_command_reports_alike(start: str) -> None:
    assert told(NESTED.replace("Error: ", start, 1)) == TOLD


def test_what_the_module_adds_around_it_is_left_out() -> None:
    message = "Failure when executing Helm command. Exited 1.\nstdout: \nstderr: " + NESTED
    assert told(message) == TOLD


def test_helm_before_3_18() -> None:
    report = """Error: values don't meet the specifications of the schema(s) in the following chart(s):
mychart:
- (root): image is required
- service.type: service.type must be one of the following: "ClusterIP", "NodePort"
"""
    assert told(report) == (
        'service.type: must be one of the following: "ClusterIP", "NodePort"; the top level: image is required'
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", ""),
        (None, ""),
        ('Error: path "/x" not found\n', 'path "/x" not found'),
        (
            "Error: execution error at (c/templates/z.yaml:1:3): needs x\n\n"
            "Use --debug flag to render out invalid YAML\n",
            "execution error at (c/templates/z.yaml:1:3): needs x",
        ),
        (
            "W1122 17:00:00.1 warnings.go:70] would violate PodSecurity\n"
            "Error: UPGRADE FAILED: context deadline exceeded\n",
            "context deadline exceeded",
        ),
        ("Error: first\nlevel=WARN msg=later\nError: INSTALLATION FAILED: second\n", "second"),
        ("Error: 2 errors occurred:\n\t* a is bad\n\t* b is bad\n\n", "2 errors occurred: * a is bad * b is bad"),
        ("coalesce.go:286: warning: not a table\nhelm: command not found\n", "helm: command not found"),
        (
            "Error: values don't meet the specifications of the schema(s) in the following chart(s):\nodd\n",
            "values don't meet the specifications of the schema(s) in the following chart(s): odd",
        ),
    ],
)
def test_other_errors_come_without_log_lines_and_hints(text: object, sentence: str) -> None:
    assert told(text) == sentence
