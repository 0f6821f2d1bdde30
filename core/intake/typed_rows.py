"""The good rows of one chunk in their types, with the keys of each."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from core.evidence.fingerprints import Keys, content_keys
from core.intake.drafts import Draft
from core.intake.kinds import IDENTITY_COLUMNS, RowRules
from core.intake.ledger import Places
from core.intake.mapping import ColumnMapping
from core.intake.schema import JOINED_KINDS, arrow_schema
from core.intake.segments import typed_table


@dataclass(frozen=True)
class TypedRows:
    """``table`` has the schema of the kind, ``columns`` are those of it that the file has, ``rows`` the
    numbers of the rows. ``personal`` tells in which rows of which columns the texts hold personal data;
    None where nobody has looked."""

    table: pa.Table
    columns: dict[str, pa.Array]
    keys: Keys
    row_keys: Keys
    rows: Places
    personal: Mapping[str, list[int]] | None = None


def typed_rows(drafted: Draft, good: Places, mapping: ColumnMapping, rules: RowRules) -> TypedRows:
    """The rows of ``drafted`` at the places ``good``, of which there is at least one."""
    kind, types = mapping.kind, arrow_schema(mapping.kind)
    columns = {
        name: _picked(column.typed(types.field(name).type), good) for name, column in drafted.columns.items()
    }
    content = {
        name: _picked(column.canonical(), good)
        for name, column in drafted.columns.items()
        if name not in IDENTITY_COLUMNS[kind]
    }
    if (decided_by := rules.decided_by) is not None:
        content["pass_rule"] = pa.array([decided_by] * len(good), pa.string())
    keys = rules.keys(drafted, good)
    row_keys = content_keys(content, len(good))
    rows = np.array(drafted.chunk.rows, np.int64)[good]
    run_keys = rules.run_keys(drafted, good) if kind in JOINED_KINDS else None
    return TypedRows(
        typed_table(kind, columns, keys, row_keys, rows, run_keys), columns, keys, row_keys, rows
    )


def _picked(values: pa.Array, places: Places) -> pa.Array:
    return values if len(places) == len(values) else values.take(pa.array(places))
