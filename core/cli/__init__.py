"""The `readygate` command: the same actions as the pages, for terminals, CI and scripts.

Exit codes: 0 done (gate: GO), 1 NO-GO, 2 not enough evidence, 3 stale or no data, 64 wrong usage,
65 unreadable input or a question to answer, 69 database not available, 70 a bug.
"""

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    if argv is None and sys.argv[1:2] == ["import"]:
        from core.intake.reader_process import start_ahead

        # Before anything else is loaded, so that two processors load side by side.
        start_ahead()
    from core.cli import command

    return command.main(argv)


__all__ = ["main"]
