"""Which version of Readygate this is."""

import tomllib
from functools import cache

from core.environment import ROOT


@cache
def program_version() -> str:
    """The version in the project file beside the program, such as "0.4.0"."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
