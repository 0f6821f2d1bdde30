"""Runs all tests: `python3 -m tests`, with any pytest arguments after it; installs what they need first."""

import os
import sys

from core.environment import TEST_LOCK, become, ensure

if __name__ == "__main__":
    python = ensure(TEST_LOCK)
    workers = str(max(2, os.cpu_count() or 2))
    become([python, "-m", "pytest", "-n", workers, "--dist", "worksteal", *sys.argv[1:]])
