"""Who a command stands for: the account of the operating system that runs it, whose name proves nothing."""

import getpass
import os

from core.actions.people import Caller, command_caller


def caller() -> Caller:
    """May do what the local user may, so it signs and approves nothing; the audit log has the account."""
    return command_caller(account())


def account() -> str:
    """The account that this process runs as, whatever its environment says where the system can tell.

    One that has no name, as in many containers, is told by its number.
    """
    try:
        import pwd
    except ImportError:  # Windows has no such list.
        return getpass.getuser()
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"account {number}"
