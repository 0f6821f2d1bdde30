"""The `readygate` command: the same actions as the pages, for terminals, CI and scripts.

Exit codes: 0 done (gate: GO), 1 NO-GO, 2 not enough evidence, 3 stale or no data, 64 wrong usage,
65 unreadable input or a question to answer, 69 database not available, 70 a bug.
"""

from core.cli.command import main

__all__ = ["main"]
