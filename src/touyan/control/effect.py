"""How the sensors show that a command had its effect.

An entity that can be commanded reports two kinds of quantity: one with the name of each action (its
value is the argument that is in force), and `commanded` (1 under command, 0 on its own programme). The
action `release` gives the entity back to its own programme, which is the safe state.
"""

from __future__ import annotations

RELEASE = "release"
COMMANDED = "commanded"
