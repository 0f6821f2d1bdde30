"""What the files of the project must and must not hold."""

import inspect
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from core import errors

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-test.lock")
NOT_OURS = re.compile(r"^(\.git|\.venv|data|build|__pycache__|\..+_cache|\.hypothesis|.+\.egg-info)$")
LONGEST_FILE = 350

MACHINE_PATH = re.compile(
    r"(^|[^A-Za-z0-9_.])(/(?:root|work|farm)/[a-z.]|/(?:home|Users)/\w|[A-Z]:\\Users\\)", re.M
)
REGISTRY = re.compile(r"pythonhosted\.org|pypi\.org|--(extra-)?index-url|--find-links")


def files_of_the_project(folder: Path = ROOT) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if NOT_OURS.match(path.name):
            continue
        if path.is_dir():
            yield from files_of_the_project(path)
        elif path.is_file():
            yield path


def places_where(pattern: re.Pattern[str]) -> list[str]:
    """``file: match`` for every text file that ``pattern`` is found in, but this one and its examples."""
    found = []
    for file in files_of_the_project():
        if file == Path(__file__).resolve():
            continue
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if match := pattern.search(text):
            found.append(f"{file.relative_to(ROOT)}: {match.group().strip()}")
    return found


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    assert places_where(MACHINE_PATH) == []


def test_no_file_names_a_package_registry() -> None:
    assert places_where(REGISTRY) == []


@pytest.mark.parametrize("text", ["/home/ada/app", "see /root/.cache", "C:\\Users\\ada", "\n/Users/ada"])
def test_a_path_of_a_machine_is_seen(text: str) -> None:
    assert MACHINE_PATH.search(text)


@pytest.mark.parametrize("text", ["pages/home/", "https://example.com/home", "core/work/x", "$HOME/app"])
def test_other_paths_are_let_pass(text: str) -> None:
    assert not MACHINE_PATH.search(text)


def test_files_stay_short_enough_to_be_one_thing() -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for folder in ("core", "pages")
        for file in (ROOT / folder).rglob("*.py")
    }
    assert {file: length for file, length in lengths.items() if length > LONGEST_FILE} == {}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_exact_versions_and_hashes_only(lock: str) -> None:
    shape = re.compile(r"[a-z0-9-]+==[0-9a-z.]+( ; [^:/]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not shape.fullmatch(line)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_satisfies_the_project(lock: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = list(project["build-system"]["requires"]) + list(project["project"]["dependencies"])
    if lock == "requirements-test.lock":
        wanted += project["project"]["optional-dependencies"]["test"]
    locked = versions_of(lock)
    for requirement in map(Requirement, wanted):
        versions = locked.get(canonicalize_name(requirement.name))
        assert versions, f"{lock} lacks {requirement.name}: run `make lock`"
        assert all(version in requirement.specifier for version in versions), requirement


def test_tests_run_on_the_versions_that_users_get() -> None:
    tested = versions_of("requirements-test.lock")
    assert {name: tested[name] for name in versions_of("requirements.lock")} == versions_of(
        "requirements.lock"
    )


def versions_of(lock: str) -> dict[str, set[Version]]:
    """Locked versions by package; a package has two where they depend on Python's version."""
    found: dict[str, set[Version]] = {}
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([a-z0-9-]+)==([0-9a-z.]+)", line):
            found.setdefault(canonicalize_name(match[1]), set()).add(Version(match[2]))
    return found


def test_the_drawing_of_the_errors_is_the_tree_of_the_errors() -> None:
    tree = {
        (name, error.__bases__[0].__name__)
        for name, error in inspect.getmembers(errors, inspect.isclass)
        if issubclass(error, errors.ReadygateError) and error is not errors.ReadygateError
    }
    assert drawn_tree(errors.__doc__ or "") == tree


def drawn_tree(drawing: str) -> set[tuple[str, str]]:
    """(class, parent) for every class in ``drawing``; the parent is the nearest line above further left."""
    above: list[tuple[int, str]] = []
    pairs = set()
    for match in re.finditer(r"^[ │├└─]*?([A-Z]\w+)(?=  |$)", drawing, re.M):
        column, name = match.start(1) - match.start(), match[1]
        above = [(left, parent) for left, parent in above if left < column]
        if above:
            pairs.add((name, above[-1][1]))
        above.append((column, name))
    return pairs
