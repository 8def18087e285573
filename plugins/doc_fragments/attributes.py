# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of the modules."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict what it would change, without changing it.
  diff_mode:
    description: In diff mode, returns what has changed, or in C(check_mode) what would change.
  idempotent:
    description: When run twice in a row with the same arguments, the second run changes nothing.
"""

    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details: This module does not modify anything.
  diff_mode:
    support: N/A
    details: This module does not modify anything.
  idempotent:
    support: full
    details: This module does not modify anything.
"""

    ACTIONGROUP_ONED = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/kubenebula.opennebula.oned) in C(module_defaults) to set the connection once.
    support: full
    membership:
      - kubenebula.opennebula.oned
"""
