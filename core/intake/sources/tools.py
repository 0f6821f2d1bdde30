"""The tools whose files are recognised, as a table: what each file holds, and which one to take."""

from dataclasses import dataclass

from core.evidence.columns import Kind


@dataclass(frozen=True)
class Tool:
    """One tool as people know it. ``sources`` are the names of its sources, ``kinds`` what its files give
    (also inside the rows of another kind), ``take`` the file to prefer, ``formats`` how it may be written.
    """

    name: str
    sources: tuple[str, ...]
    kinds: frozenset[Kind]
    take: str
    formats: str


_STEPS = frozenset({Kind.SPANS, Kind.SCORES})
_SUITES = frozenset({Kind.EVALS, Kind.CASES})

TOOLS: tuple[Tool, ...] = (
    Tool(
        "Langfuse",
        ("langfuse",),
        _STEPS | _SUITES | {Kind.TRACES},
        "Traces and observations, both; of an experiment its items",
        "CSV, JSON, JSONL, Parquet",
    ),
    Tool(
        "LangSmith",
        ("langsmith",),
        _STEPS | _SUITES,
        "All runs, not only the first ones, and the feedback; of an experiment the table of results",
        "JSON, JSONL, CSV, Parquet",
    ),
    Tool(
        "Arize Phoenix and Arize AX",
        ("phoenix", "arize"),
        _STEPS,
        "The spans as Parquet or JSONL, and the annotations",
        "Parquet, CSV, JSON, JSONL",
    ),
    Tool(
        "Helicone",
        ("helicone",),
        _STEPS,
        "The export command with the bodies, as JSONL",
        "JSON, JSONL, CSV",
    ),
    Tool(
        "OpenTelemetry",
        ("opentelemetry",),
        _STEPS,
        "The collector's file in JSON, with the content of messages switched on",
        "JSON, JSONL, console text",
    ),
    Tool(
        "W&B Weave",
        ("weave",),
        _STEPS,
        "All calls as JSONL, with feedback and costs switched on",
        "JSONL, JSON, CSV, TSV",
    ),
    Tool(
        "MLflow",
        ("mlflow",),
        _STEPS | _SUITES | {Kind.TRACES},
        "Traces with their spans; of an evaluation its table of results",
        "CSV, JSON, JSONL",
    ),
    Tool(
        "Braintrust",
        ("braintrust",),
        _STEPS | _SUITES,
        "Logs (spans) as JSON; of an experiment its events",
        "JSON, JSONL, CSV, Parquet",
    ),
    Tool(
        "Intercom Fin",
        ("intercom",),
        frozenset({Kind.TRACES, Kind.SCORES}),
        "Each conversation from the API, fetched by its id",
        "JSON, JSONL",
    ),
    Tool(
        "promptfoo",
        ("promptfoo",),
        _SUITES,
        "The results as JSON, not as CSV",
        "JSON, JSONL, YAML, XML, CSV",
    ),
    Tool(
        "DeepEval",
        ("deepeval",),
        _SUITES,
        "The test run that DeepEval writes into its results folder",
        "JSON, also without an ending; goldens also CSV, JSONL",
    ),
    Tool(
        "Ragas",
        ("ragas",),
        _SUITES,
        "The results as CSV, with all columns",
        "CSV, JSON, JSONL",
    ),
    Tool(
        "Inspect",
        ("inspect",),
        _SUITES,
        "The log as it is (.eval)",
        ".eval, JSON; samples also CSV, JSONL",
    ),
    Tool(
        "OpenAI evals",
        ("openai_evals", "openai_platform"),
        _SUITES,
        "The log of oaieval; from the platform the output items of the run",
        "JSONL, JSON",
    ),
    Tool(
        "Evidently",
        ("evidently",),
        frozenset({Kind.EVALS}),
        "The scored rows; the report holds checks of the whole data set only",
        "JSON",
    ),
    Tool(
        "Readygate",
        ("readygate_set",),
        frozenset({Kind.CASES}),
        "An eval set as another Readygate wrote it: `readygate cases --format jsonl`",
        "JSONL",
    ),
    Tool(
        "lm-evaluation-harness",
        ("lm_eval",),
        frozenset({Kind.EVALS}),
        "The samples file, which --log_samples writes",
        "JSONL",
    ),
)
"""Tools that trace first, then those that evaluate."""

HELD = {
    Kind.TRACES: "traces",
    Kind.SPANS: "steps",
    Kind.SCORES: "scores",
    Kind.EVALS: "eval results",
    Kind.CASES: "test cases",
}
"""What a file may hold, in the order of the columns of the table."""
