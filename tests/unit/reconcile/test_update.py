# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
"""What the diff shows is what oned holds after the update."""

from __future__ import annotations

from ansible_collections.kubenebula.opennebula.plugins.module_utils.reconcile import update


def test_an_attribute_that_is_not_sent_stays_as_oned_holds_it() -> None:
    """Empty members of a vector count as absent, so the vector is not sent."""
    desired, observed = {"NOTE": {"A": "", "B": "1"}, "RACK": "2"}, {"NOTE": {"B": "1"}, "RACK": "1"}
    sent = update.change("one.user.update", desired, observed, None)
    assert sent is not None and "NOTE" not in sent.params[1]
    assert update.after(desired, observed, None) == {"NOTE": {"B": "1"}, "RACK": "2"}
