"""A cost of 0 for tokens that were used: no price was known, so the cost is unknown.

Tools write 0 for a model without a price; as a real cost it would make every average too low. The sources of
tools leave such a 0 out themselves; here it is left out of whatever table it comes in.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.intake.converted import Converted
from core.intake.doubts import Notices

_COST = "cost_usd"
_TOKENS = ("input_tokens", "output_tokens", "tokens")
_SENTENCE = "Rows with tokens and a cost of 0: no price was known, so their cost counts as unknown: {count}."


def leave_out_unpriced(columns: dict[str, Converted], notices: Notices) -> None:
    """Take the cost out of rows that used tokens for nothing, and tell how many."""
    if _COST not in columns:
        return
    cost = columns[_COST]
    values = cost.typed(pa.float64())
    unpriced = values.fill_null(1.0).to_numpy(zero_copy_only=False) == 0
    if not unpriced.any():
        return
    counts = [columns[name].typed(pa.int64()).fill_null(0) for name in _TOKENS if name in columns]
    used = [count.to_numpy(zero_copy_only=False) > 0 for count in counts]
    unpriced &= np.logical_or.reduce(used) if used else False
    if unpriced.any():
        priced = pa.array(~unpriced)
        texts = pc.if_else(priced, cost.canonical(), None)
        columns[_COST] = Converted(pc.if_else(priced, values, None), texts, cost.faults)
        notices.add("unpriced", _SENTENCE, int(unpriced.sum()))
