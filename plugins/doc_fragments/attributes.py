# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What modules tell about themselves."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
  idempotent:
    description: When run twice in a row with the same arguments, the second invocation indicates that nothing was changed.
"""

    INFO = r"""
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

    ONED = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/kubenebula.opennebula.oned) in C(module_defaults) to set the connection once.
    support: full
    membership:
      - kubenebula.opennebula.oned
"""
