"""The bootstrap: what it installs, when it installs nothing, and what it says when it cannot."""

import subprocess
import sys
from pathlib import Path

import pytest

from core import environment


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An active environment in ``tmp_path``, with lock files of its own."""
    for name in ("RUN_LOCK", "TEST_LOCK"):
        lock = tmp_path / f"{name}.lock"
        lock.write_text(f"{name}==1.0\n")
        monkeypatch.setattr(environment, name, lock)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "base_prefix", "elsewhere")
    return tmp_path


@pytest.fixture
def installs(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the locks that were installed, in order."""
    seen: list[str] = []
    monkeypatch.setattr(environment, "_install", lambda python, lock_file: seen.append(lock_file.name))
    return seen


def test_a_second_start_installs_nothing(installs: list[str]) -> None:
    assert environment.ensure(environment.RUN_LOCK) == Path(sys.executable)
    environment.ensure(environment.RUN_LOCK)
    assert installs == ["RUN_LOCK.lock"]


def test_starting_and_testing_in_turn_installs_each_once(installs: list[str]) -> None:
    for lock in (environment.RUN_LOCK, environment.TEST_LOCK, environment.RUN_LOCK, environment.TEST_LOCK):
        environment.ensure(lock)
    assert installs == ["RUN_LOCK.lock", "TEST_LOCK.lock"]


def test_a_changed_lock_is_installed_again_and_so_is_the_other_when_its_turn_comes(
    installs: list[str],
) -> None:
    environment.ensure(environment.RUN_LOCK)
    environment.ensure(environment.TEST_LOCK)
    environment.RUN_LOCK.write_text("changed==2.0\n")
    environment.ensure(environment.RUN_LOCK)
    environment.ensure(environment.TEST_LOCK)
    assert installs == ["RUN_LOCK.lock", "TEST_LOCK.lock"] * 2


def test_an_install_that_failed_is_tried_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(python: Path, lock_file: Path) -> None:
        raise SystemExit("no network")

    monkeypatch.setattr(environment, "_install", fail)
    for _ in range(2):
        with pytest.raises(SystemExit, match="no network"):
            environment.ensure(environment.RUN_LOCK)


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer; this is 3\.10\."):
        environment.ensure(environment.RUN_LOCK)


def test_a_python_without_ensurepip_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        environment.ensure(environment.RUN_LOCK)
    assert not (tmp_path / ".venv").exists()


def test_an_unreachable_index_ends_with_a_sentence_and_pips_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"no-such-package-anywhere==1.0 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(SystemExit, match="packages could not be installed"):
        environment._install(Path(sys.executable), lock)
    assert "no-such-package-anywhere" in capfd.readouterr().err


def test_the_exit_code_of_what_was_started_comes_through() -> None:
    child = [sys.executable, "-c", "raise SystemExit(7)"]
    code = f"from core.environment import become; become({child!r})"
    assert subprocess.run([sys.executable, "-c", code], cwd=environment.ROOT, check=False).returncode == 7


def test_a_broken_environment_counts_as_none(tmp_path: Path) -> None:
    python = tmp_path / "python"
    assert not environment._runs(python)
    python.write_text("#!/no/such/interpreter\n")
    python.chmod(0o755)
    assert not environment._runs(python)
    assert environment._runs(Path(sys.executable))
