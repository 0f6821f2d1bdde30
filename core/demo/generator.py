"""The evidence of a demo feature as rows of canonical columns: traces, labels, failures, eval results."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from core.demo.phrases import Talk, ask, choose, say, slots, talk
from core.demo.runs import Numbers, Run, begins_at, draw_runs, pick, random_stream
from core.demo.stories import Exchange, FailureType, Story, Task, load_stories

Row = dict[str, Any]

TIMEOUT_MS = 30_000.0
TIMEOUT_ERROR = "The service did not answer within 30 seconds."
FLAKY_PASS_RATE = 0.6
RUN_ERROR_SHARE = 0.004
RIGHT_TOOL_OF_FAILED_ATTEMPTS = 0.7
GROUNDED_WHEN_RIGHT, GROUNDED_WHEN_WRONG = 0.985, 0.62
FOUND_WHEN_RIGHT, FOUND_WHEN_WRONG = 0.96, 0.45
"""How often the second document that an answer needs is among those that were fetched."""
MILLION = 1_000_000

BENCHMARK_START = datetime(2026, 1, 5, tzinfo=UTC)
BENCHMARK_SECONDS_BETWEEN = 7


@dataclass(frozen=True)
class _Case:
    """One eval case; ``cells`` are what all its attempts share."""

    task: Task
    exchange: Exchange
    values: dict[str, str]
    cells: Row


def traces(story: Story, now: datetime, seed: int) -> list[Row]:
    """One row per run in the canonical trace columns, in order of time, the last on ``now``'s day.

    ``now`` must be aware. The same story, day and seed give the same rows; the hour of ``now``
    only decides how much of the last day has happened.
    """
    rng, found = random_stream(story, now, seed, "traces"), random_stream(story, now, seed, "documents")
    return [_trace(story, run, rng, found) for run in draw_runs(story, now, seed)]


def labels(story: Story, now: datetime, seed: int) -> list[Row]:
    """One row per reviewed run in the canonical label columns, as far as reviewers came by ``now``."""
    rng = random_stream(story, now, seed, "labels")
    return [_label(story, run, rng) for run in draw_runs(story, now, seed) if run.labelled_at]


def failure_log(story: Story, now: datetime, seed: int) -> list[Row]:
    """One row per failure that was written up, in the canonical failure columns, in order of time.

    All of them are failures that reviewers found; some still wait for a root cause or a fix.
    """
    rng, log = random_stream(story, now, seed, "failures"), story.failure_log
    found = [row for row in labels(story, now, seed) if row["failure_type"]]
    picked = np.sort(rng.choice(len(found), size=min(log.rows, len(found)), replace=False))
    return [_failure(story, found[place], rng) for place in picked]


def eval_results(story: Story, now: datetime, seed: int) -> list[Row]:
    """One row per case and attempt of the story's one eval run, in the canonical columns."""
    rng = random_stream(story, now, seed, "evals")
    cases, chances = _suite(story, rng)
    started_at = begins_at(now) + timedelta(days=story.suite.run_on_day, hours=6)
    return _attempts(story, cases, chances, started_at, rng)


def earlier_results(story: Story, now: datetime, seed: int) -> list[Row]:
    """The same cases on the release before, tried before the first trace; none where the story has none.

    They go as they go now, but for those that the story says were broken and fixed since.
    """
    earlier = story.bundle.earlier
    if earlier is None:
        return []
    cases, chances = _suite(story, random_stream(story, now, seed, "evals"))
    broken = np.flatnonzero(chances == 0)[: earlier.broke]
    fixed = np.flatnonzero(chances == 1)[: earlier.fixed]
    chances[broken], chances[fixed] = 1, 0
    cells = {
        "eval_run_id": f"{story.suite.name}-{story.suite.version}-run-0",
        "release_bundle": earlier.name,
    }
    before = [replace(case, cells=case.cells | cells) for case in cases]
    started_at = begins_at(now) - timedelta(days=3)
    return _attempts(story, before, chances, started_at, random_stream(story, now, seed, "earlier evals"))


def benchmark_traces(rows: int, seed: int) -> Iterator[Row]:
    """``rows`` traces of about 1 KB as CSV, with distinct ids, times and texts, made quickly."""
    pool = [row for row in traces(load_stories()[0], BENCHMARK_START, seed) if row["response"]]
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, len(pool), size=(rows, 3)).tolist()
    speeds = rng.lognormal(7.6, 0.5, size=rows).round(1).tolist()
    for i in range(rows):
        first, second, third = (pool[index] for index in starts[i])
        started_at = BENCHMARK_START + timedelta(seconds=BENCHMARK_SECONDS_BETWEEN * i)
        yield first | {
            "run_id": f"bench-{seed}-{i:08d}",
            "session_id": f"bench-session-{i // 3}",
            "started_at": iso(started_at),
            "query": f"{first['query']} {second['query']} ({i})",
            "response": f"{first['response']} {second['response']} {third['response']}",
            "latency_ms": speeds[i],
        }


def iso(moment: datetime) -> str:
    """``moment`` in UTC with milliseconds and a Z, which no reader can take for local time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _trace(story: Story, run: Run, rng: np.random.Generator, found: np.random.Generator) -> Row:
    said = talk(story, run, rng)
    effect = run.failure.effect if run.failure else None
    failed, abstained = effect == "error", effect == "abstained"
    return {
        "run_id": run.run_id,
        "session_id": f"{run.user.id}-{run.started_at:%m%d}",
        "started_at": iso(run.started_at),
        "user_id": run.user.id,
        "user_role": run.user.role,
        "user_segment": run.user.segment,
        "channel": run.channel,
        "task_type": run.task.name,
        "query": said.query,
        "response": said.response,
        **_tool_cells(story, run, rng),
        "context_summary": said.context,
        **_document_cells(run, rng, found),
        "guardrail_decisions": list(story.guardrails),
        "model": story.bundle.model,
        "prompt_version": story.bundle.prompt_version,
        "release_bundle": story.bundle.name,
        "confidence": _confidence(run, rng),
        "schema_valid": not failed,
        "abstained": abstained,
        "fallback": failed,
        "escalated": abstained or failed,
        **_feedback_cells(story, run, said, rng),
        **_cost_cells(story, failed, rng),
        "error": TIMEOUT_ERROR if failed else None,
    }


def _tool_cells(story: Story, run: Run, rng: np.random.Generator) -> Row:
    selected = run.task.tool if run.tool_right else choose(_other_tools(story, run.task), rng)
    return {
        "tools_considered": story.tools,
        "tool_selected": selected,
        "tools_called": [story.lookup_tool, selected],
    }


def _document_cells(run: Run, rng: np.random.Generator, found: np.random.Generator) -> Row:
    """Three documents are fetched; an answer needs the first of them and one more."""
    sources = run.task.sources
    first = int(rng.random() * len(sources))
    retrieved = [sources[(first + step) % len(sources)] for step in range(min(3, len(sources)))]
    is_found = found.random() < (FOUND_WHEN_RIGHT if run.answer_right else FOUND_WHEN_WRONG)
    needed = retrieved[1] if is_found else f"{run.task.name.replace('_', '-')}-details"
    return {
        "retrieved_ids": retrieved,
        "relevant_ids": [retrieved[0], needed],
        "cited_ids": retrieved[:1] if run.answer_right else [],
    }


def _confidence(run: Run, rng: np.random.Generator) -> float:
    return round(float(rng.beta(14, 2) if run.answer_right else rng.beta(7, 3)), 3)


def _feedback_cells(story: Story, run: Run, said: Talk, rng: np.random.Generator) -> Row:
    habits = story.feedback
    reacts, takes, edits = rng.random(3)
    if said.response is None or reacts >= habits.answered:
        return {"user_feedback": None, "corrected_answer": None}
    accepted = habits.accepted_when_right if run.answer_right else habits.accepted_when_wrong
    if takes < accepted:
        return {"user_feedback": "accepted", "corrected_answer": None}
    if edits < habits.edited_of_rest:
        return {"user_feedback": "edited", "corrected_answer": said.right_answer}
    return {"user_feedback": "rejected", "corrected_answer": None}


def _cost_cells(story: Story, failed: bool, rng: np.random.Generator) -> Row:
    shape, cost = story.latency, story.cost
    quick = rng.lognormal(np.log(shape.median_ms), shape.spread)
    latency = rng.uniform(9_000, 24_000) if rng.random() < shape.slow_share else quick
    tokens_in = round(rng.lognormal(np.log(cost.input_tokens), 0.25))
    tokens_out = 0 if failed else round(rng.lognormal(np.log(cost.output_tokens), 0.4))
    usd = (tokens_in * cost.input_usd + tokens_out * cost.output_usd) / MILLION
    return {
        "latency_ms": TIMEOUT_MS if failed else round(latency, 1),
        "input_tokens": tokens_in,
        "output_tokens": tokens_out,
        "cost_usd": round(usd, 6),
    }


def _label(story: Story, run: Run, rng: np.random.Generator) -> Row:
    failure, draw = run.failure, rng.random()
    grounded = draw < (GROUNDED_WHEN_RIGHT if run.answer_right else GROUNDED_WHEN_WRONG)
    is_answered = failure is None or failure.effect not in ("abstained", "error")
    return {
        "run_id": run.run_id,
        "tool_right": run.tool_right,
        "answer_right": run.answer_right,
        "grounded": grounded and not run.hallucination if is_answered else None,
        "hallucination": run.hallucination,
        "failure_type": failure.name if failure else None,
        "root_cause": choose(failure.root_causes, rng).word if failure else None,
        "note": _note(run, failure),
        "reviewer": choose(story.review.reviewers, rng),
        "sampling": "complete" if story.review.shares[run.week] == 1 else "random",
        "labelled_at": iso(run.labelled_at) if run.labelled_at else None,
    }


def _failure(story: Story, label: Row, rng: np.random.Generator) -> Row:
    log, explained, fixed = story.failure_log, *rng.random(2)
    kind = next(failure for failure in story.failures if failure.name == label["failure_type"])
    cause = kind.cause(label["root_cause"]) if explained < log.explained else None
    return {
        "run_id": label["run_id"],
        "failure_type": kind.name,
        "root_cause": cause.word if cause else None,
        "fix": cause.fix if cause and fixed < log.fixed else None,
        "owner": choose(log.owners, rng),
        "found_at": label["labelled_at"],
        "note": cause.detail if cause else None,
    }


def _note(run: Run, failure: FailureType | None) -> str | None:
    if failure is None:
        return None
    if failure.effect == "wrong_tool":
        return "Answer happens to be right." if run.answer_right else f"Should have used {run.task.tool}."
    return {"invented": "Not in any source.", "error": "User got the fallback page."}.get(failure.effect)


def _case(story: Story, number: int, task: Task, rng: np.random.Generator) -> _Case:
    exchange, values, suite = choose(task.exchanges, rng), slots(story, rng), story.suite
    cells = {
        "eval_run_id": f"{suite.name}-{suite.version}-run-1",
        "case_id": f"{story.traffic.run_prefix.upper()}-{number:03d}",
        "release_bundle": story.bundle.name,
        "suite_version": suite.version,
        "query": ask(story, exchange.queries, values, rng),
        "task_type": task.name,
        "user_segment": choose(list(story.traffic.segments), rng),
        "tools_expected": [task.tool],
    }
    return _Case(task, exchange, values, cells)


def _suite(story: Story, rng: np.random.Generator) -> tuple[list[_Case], Numbers]:
    """The cases of the suite, and how likely an attempt at each passes."""
    suite = story.suite
    steady = [1.0] * round(suite.cases * suite.solid) + [FLAKY_PASS_RATE] * round(suite.cases * suite.flaky)
    chances = rng.permutation((steady + [0.0] * suite.cases)[: suite.cases])
    tasks = pick(rng, {i: task.share for i, task in enumerate(story.tasks)}, suite.cases)
    return [_case(story, number, story.tasks[task], rng) for number, task in enumerate(tasks, 1)], chances


def _attempts(
    story: Story, cases: list[_Case], chances: Numbers, started_at: datetime, rng: np.random.Generator
) -> list[Row]:
    rows = [
        _attempt(story, case, attempt, chance, rng)
        for case, chance in zip(cases, chances, strict=True)
        for attempt in range(story.suite.attempts)
    ]
    return [row | {"started_at": iso(started_at + timedelta(seconds=9 * i))} for i, row in enumerate(rows)]


def _attempt(story: Story, case: _Case, attempt: int, chance: float, rng: np.random.Generator) -> Row:
    failed = bool(rng.random() < RUN_ERROR_SHARE)
    passed = bool(rng.random() < chance) and not failed
    right_tool = passed or rng.random() < RIGHT_TOOL_OF_FAILED_ATTEMPTS
    called = case.task.tool if right_tool else choose(_other_tools(story, case.task), rng)
    answers = case.exchange.answers if passed else case.exchange.wrong_answers
    cost = _cost_cells(story, failed, rng)
    return case.cells | {
        "attempt": attempt,
        "passed": None if failed else passed,
        "error_kind": "run" if failed else None,
        "tools_called": [] if failed else [story.lookup_tool, called],
        "response": None if failed else say(answers, case.values, rng),
        "latency_ms": cost["latency_ms"],
        "cost_usd": cost["cost_usd"],
        "tokens": cost["input_tokens"] + cost["output_tokens"],
        "error": TIMEOUT_ERROR if failed else None,
        "judge": "exact answer key",
    }


def _other_tools(story: Story, task: Task) -> list[str]:
    return [tool for tool in story.tools if tool != task.tool]
