"""A process without pandas, which Arrow loads wherever it finds it: as slow as reading a small file."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType


class WithoutPandas:
    """Says that there is no pandas; one that was loaded before stays."""

    def find_spec(
        self, name: str, _: Sequence[str] | None, __: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is left out of this process", name=name)
        return None


def leave_pandas_out() -> None:
    """From here on this process finds no pandas. For programs of their own, not for parts of one."""
    sys.meta_path.insert(0, WithoutPandas())
