"""The exit codes that are no verdict, as BSD's sysexits has them."""

WRONG_USAGE, UNREADABLE, UNAVAILABLE, BUG = 64, 65, 69, 70
