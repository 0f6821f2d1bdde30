"""The Python environment that Readygate runs in: made on the first start, reused on every later one.

Standard library only, because it runs before anything is installed, and in words that an older
Python can read, because it is what tells the user that Python is too old.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
OLDEST = (3, 11)
RUN_LOCK = ROOT / "requirements.lock"
TEST_LOCK = ROOT / "requirements-test.lock"

_STAMP = "readygate-installed.txt"


def start() -> NoReturn:
    """Install what Readygate needs, make the demo where there is no feature yet, and serve the pages.

    Arguments after ``app.py`` go to ``streamlit run``. Ends with the server's own exit code.
    """
    python = ensure(RUN_LOCK)
    # -P: a folder "core" where the user happens to stand must not be taken for Readygate's own.
    _run(
        [python, "-P", "-m", "core.cli", "demo", "--if-empty"],
        "Readygate was not started, because its demo could not be made; the lines above say why.",
    )
    if _has_desktop():
        # A newcomer's browser opens by itself; servers keep the quiet way of the configuration.
        os.environ.setdefault("STREAMLIT_SERVER_HEADLESS", "false")
    become([python, "-P", "-m", "streamlit", "run", ROOT / "app.py", *sys.argv[1:]])


def ensure(lock_file: Path) -> Path:
    """The Python that has everything in ``lock_file`` installed; installs it where it is missing.

    An active virtual environment is used as it is; otherwise ``.venv`` beside ``app.py`` is. Ends
    the program with one sentence when that cannot be done.
    """
    if sys.version_info < OLDEST:
        raise SystemExit(
            f"Readygate needs Python {_version(OLDEST)} or newer; this is {_version(sys.version_info[:2])}. "
            "Install a newer Python and run this again with it."
        )
    in_environment = sys.prefix != sys.base_prefix
    home = Path(sys.prefix) if in_environment else ROOT / ".venv"
    python = Path(sys.executable) if in_environment else _python_of(home)
    if not in_environment and not _runs(python):
        _create(home)
    if not _is_installed(home, lock_file):
        _install(python, lock_file)
        _note_installed(home, lock_file)
    return python


def become(command: Sequence[str | Path]) -> NoReturn:
    """Run ``command`` instead of this program: same terminal, same signals, same exit code."""
    words = [str(word) for word in command]
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(words[0], words)
    # Windows cannot replace a running program; Ctrl+C reaches the child as well, which ends by itself.
    with subprocess.Popen(words) as child:
        while True:
            try:
                raise SystemExit(child.wait())
            except KeyboardInterrupt:
                continue


def _has_desktop() -> bool:
    return sys.platform in ("win32", "darwin") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


def _create(home: Path) -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise SystemExit(
            "This Python cannot make a virtual environment, because a part of it is missing. On Debian and "
            "Ubuntu install it with `sudo apt install python3-venv`, then run this again."
        )
    _say(f"Making a Python environment in {home} ...")
    _run(
        [sys.executable, "-m", "venv", "--clear", home],
        f"The Python environment could not be made in {home}. Is the folder writable and the disk not full?",
    )


def _install(python: Path, lock_file: Path) -> None:
    if subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        _run(
            [python, "-m", "ensurepip"], f"The environment of {python} has no pip, and it could not be added."
        )
    _say(f"Installing the packages of {lock_file.name} (once; about 1 minute, more on a slow line) ...")
    pip: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
    ]
    _run(
        [*pip, "--only-binary", ":all:", "--require-hashes", "-r", lock_file],
        "The packages could not be installed; the lines above say why. Nothing else was changed: check the "
        "network connection (behind a proxy or a mirror, pip's own settings are used) and run this again.",
    )
    # Everything that building needs is in the lock, so this step downloads nothing.
    _run(
        [*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT],
        "The command `readygate` could not be installed; the lines above say why.",
    )


def _is_installed(home: Path, lock_file: Path) -> bool:
    return _stamp_line(lock_file) in _stamp_lines(home)


def _note_installed(home: Path, lock_file: Path) -> None:
    """Remember the install; what was installed for an older state of the project counts no more."""
    current = _project_state()
    kept = [line for line in _stamp_lines(home) if line.startswith(current)]
    (home / _STAMP).write_text("\n".join([*kept, _stamp_line(lock_file)]) + "\n", encoding="utf-8")


def _stamp_lines(home: Path) -> list[str]:
    stamp = home / _STAMP
    return stamp.read_text(encoding="utf-8").splitlines() if stamp.is_file() else []


def _stamp_line(lock_file: Path) -> str:
    return f"{_project_state()} {lock_file.name}"


def _project_state() -> str:
    """One hash over everything that decides what is installed, and for which folder."""
    state = hashlib.sha256(str(ROOT).encode())
    for file in (RUN_LOCK, TEST_LOCK, ROOT / "pyproject.toml"):
        state.update(file.read_bytes())
    return state.hexdigest()


def _python_of(home: Path) -> Path:
    return home / "Scripts" / "python.exe" if os.name == "nt" else home / "bin" / "python"


def _runs(python: Path) -> bool:
    """Whether ``python`` is there, works (its base may have been removed) and is new enough."""
    probe = f"import sys; raise SystemExit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _run(command: Sequence[str | Path], sentence: str) -> None:
    try:
        failed = subprocess.run(command, check=False).returncode != 0
    except KeyboardInterrupt:
        raise SystemExit("Stopped. Run this again to go on.") from None
    if failed:
        raise SystemExit(sentence)


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def _version(parts: Sequence[int]) -> str:
    return ".".join(str(part) for part in parts)
