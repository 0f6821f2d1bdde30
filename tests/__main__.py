"""Runs all tests: `python3 -m tests`, with any pytest arguments after it; installs what they need first."""

import os
import sys

from core.environment import TEST_LOCK, become, ensure

if __name__ == "__main__":
    python = ensure(TEST_LOCK)
    # One more than there are processors: while a browser or a database makes one test wait, another runs.
    workers = str((os.cpu_count() or 2) + 1)
    become([python, "-m", "pytest", "-n", workers, "--dist", "worksteal", *sys.argv[1:]])
