"""Who may import what: the stages of the flow, and the one home of each library."""

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]

HOMES = {
    "streamlit": ("core/web", "pages", "app.py"),
    "sqlalchemy": ("core/store",),
    "alembic": ("core/store",),
    "psycopg": ("core/store",),
    "duckdb": ("core/store",),
}

OPEN_TO_PAGES = ("core.web", "core.actions", "core.errors")


def sources(*places: str) -> list[Path]:
    """The Python files under ``places``, each a folder or a file of the repository."""
    paths = [ROOT / place for place in places]
    return sorted(
        file for path in paths for file in (path.rglob("*.py") if path.is_dir() else [path]) if file.is_file()
    )


def modules_imported_by(file: Path) -> set[str]:
    """Full names, so that ``from core import store`` counts as ``core.store``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module if node.module != "core" else f"core.{name.name}" for name in node.names}
    return found


def is_within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def test_the_stages_import_only_the_stages_below_them() -> None:
    # In a process of its own: the linter sets up logging for itself and switches existing loggers off.
    check = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("library", HOMES)
def test_each_library_is_imported_in_its_home_only(library: str) -> None:
    strangers = [
        str(file.relative_to(ROOT))
        for file in sources("core", "pages", "app.py")
        if any(is_within(module, (library,)) for module in modules_imported_by(file))
        and not file.relative_to(ROOT).as_posix().startswith(HOMES[library])
    ]
    assert strangers == []


def test_every_library_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {Requirement(line).name.lower() for line in project["dependencies"]}
    imported = {
        module.split(".")[0]
        for file in sources("core", "pages", "app.py")
        for module in modules_imported_by(file)
    } - sys.stdlib_module_names
    packages = packages_distributions()
    undeclared = {
        library
        for library in imported - {"core"}
        if not declared & {distribution.lower() for distribution in packages.get(library, [])}
    }
    assert undeclared == set()


def test_pages_know_only_the_web_the_actions_and_the_errors() -> None:
    wrong = {
        f"{file.name}: {module}"
        for file in sources("pages")
        for module in modules_imported_by(file)
        if module.startswith("core") and not is_within(module, OPEN_TO_PAGES)
    }
    assert wrong == set()


def test_the_launcher_knows_only_the_bootstrap_besides() -> None:
    of_the_project = {name for name in modules_imported_by(ROOT / "app.py") if name.startswith("core")}
    assert {
        name for name in of_the_project if not is_within(name, (*OPEN_TO_PAGES, "core.environment"))
    } == set()


def test_the_bootstrap_needs_nothing_that_is_installed() -> None:
    of_python = {"__future__", "collections.abc", "hashlib", "importlib.util", "os", "pathlib", "subprocess"}
    assert modules_imported_by(ROOT / "core/environment.py") <= of_python | {"sys", "typing"}
