"""The tools whose exports are recognised: one file per tool, which opens with how it is recognised."""
