"""Who a command stands for: the account of the system is in the log, and signs nothing."""

import os
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.actions.audit_log import AuditFilter, view_audit
from core.actions.features import create_feature
from core.actions.people import LOCAL_CALLER, command_caller
from core.actions.signing import sign
from core.actions.workspace import open_workspace
from core.cli import caller as who
from core.cli.command import main
from core.criteria.stakes import Stakes
from core.errors import UserError
from core.store import people

pwd = pytest.importorskip("pwd")


@pytest.fixture(autouse=True)
def as_ada(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process runs as Ada's account, and its environment says something else."""
    for name in ("LOGNAME", "USER", "USERNAME"):
        monkeypatch.setenv(name, "mallory")
    monkeypatch.setattr(pwd, "getpwuid", lambda number: SimpleNamespace(pw_name=f"ada-{number}"))


def test_a_command_is_in_the_log_under_the_account_that_ran_it(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "refunds.toml"
    file.write_text('[feature]\nname = "Refunds"\nslug = "refunds"\nowner = "Ada"\nstakes = "low"\n')
    assert main(["apply", str(file), "--home", str(home)]) == 0
    workspace = open_workspace(home=home)
    told = view_audit(workspace, LOCAL_CALLER, None, AuditFilter()).entries
    workspace.close()
    assert {one.who for one in told} == {f"command line (ada-{os.geteuid()})"}


def test_an_account_without_a_name_is_told_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(number: int) -> Any:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert who.caller().name == f"command line (account {os.geteuid()})"


def test_a_command_is_nobody_who_could_sign(home: Path, now: datetime) -> None:
    caller = who.caller()
    assert (caller.verified, caller.person_id, caller.roles) == (False, None, LOCAL_CALLER.roles)
    workspace = open_workspace(home=home)
    create_feature(workspace, caller, now, name="Refunds", owner="Ada", stakes=Stakes.LOW)
    with pytest.raises(UserError, match="sign"):
        sign(workspace, caller, now, "refunds", about="step", sha256="0" * 64, typed="GO", choice="approve")
    workspace.close()


@pytest.mark.parametrize("wanted", ["command line (ada)", "Command  Line (root)"])
def test_nobody_who_signs_in_is_called_like_a_command(wanted: str, home: Path, now: datetime) -> None:
    workspace = open_workspace(home=home)
    with workspace.database.writing() as connection:
        one = people.add(
            connection, issuer="https://id", subject="1", name=wanted, email="eve@x.example",
            added_by="x", now=now,
        )  # fmt: skip
    workspace.close()
    assert one.name == f"“{' '.join(wanted.split())}”"
    assert not one.name.casefold().startswith(command_caller("").name[:-2])
