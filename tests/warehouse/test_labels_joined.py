"""Labels joined to their traces: several reviewers, judges apart from people, and how traces were picked."""

from collections.abc import Callable, Mapping

from core.metrics.measurement import Tally

Import = Callable[..., str]
Ask = Callable[..., Tally]

FOUR_TRACES = """
    run_id | user_id | task_type
    a      | u1      | billing
    b      | u2      | billing
    c      | u3      | refund
    d      | u4      | refund
"""


def counted(found: Tally) -> tuple[float, int]:
    return found.passes, found.n


def test_only_labelled_traces_count_and_only_traces_that_are_there(
    traces: Import, judgements: Import, tally: Ask
) -> None:
    traces(FOUR_TRACES)
    judgements(
        """
        run_id    | answer_right | tool_right | sampling
        a         | yes          |            | random
        b         | no           | yes        | random
        c         |              | no         | random
        elsewhere | yes          | yes        | random
        """
    )
    answers = tally("answer_correctness", "label")
    assert (answers.passes, answers.n, answers.rows, answers.unscored) == (1, 2, 3, 1)
    assert counted(tally("tool_selection_accuracy", "label")) == (1, 2)
    assert counted(tally("answer_correctness", "label", {"task_type": "billing"})) == (1, 2)


REVIEWERS = [
    (["yes", "yes"], 1, 1),
    (["yes", "no"], 0, 1),  # two who disagree: not right until it is settled
    (["no", "no"], 0, 1),
    (["yes", ""], 1, 1),  # no opinion is no disagreement
    (["", ""], 0, 0),
    (["yes", "yes", "no"], 0, 1),  # no majority vote
]


def test_any_reviewer_who_says_wrong_makes_it_wrong(traces: Import, judgements: Import, tally: Ask) -> None:
    """Each case is one trace, in a slice of its own."""
    names = [f"case {place}" for place in range(len(REVIEWERS))]
    traces("\n".join(["run_id | user_id | task_type", *(f"{name} | {name} | {name}" for name in names)]))
    lines = [
        f"{name} | {answer} | random | reviewer {place}"
        for name, (said, _, _) in zip(names, REVIEWERS, strict=True)
        for place, answer in enumerate(said)
    ]
    judgements("\n".join(["run_id | answer_right | sampling | reviewer", *lines]))
    for name, (said, passes, n) in zip(names, REVIEWERS, strict=True):
        assert counted(tally("answer_correctness", "label", {"task_type": name})) == (passes, n), said


def test_judges_are_counted_apart_from_people(traces: Import, judgements: Import, tally: Ask) -> None:
    traces(FOUR_TRACES)
    judgements(
        """
        run_id | answer_right | reviewer | is_judge | sampling
        a      | yes          | Ada      | no       | random
        a      | no           | model    | yes      | complete
        b      | yes          | model    | yes      | complete
        c      | no           | Bob      |          | random
        """
    )
    assert counted(tally("answer_correctness", "label")) == (1, 2)
    assert counted(tally("answer_correctness", "judge")) == (1, 2)


def test_worst_first_reviews_are_never_in_a_rate(traces: Import, judgements: Import, tally: Ask) -> None:
    traces(FOUR_TRACES)
    judgements(
        """
        run_id | answer_right | sampling
        a      | yes          | random
        b      | no           | worst
        c      | no           | worst
        """
    )
    found = tally("answer_correctness", "label")
    assert (found.passes, found.n, found.worst_first, found.sampling_known) == (1, 1, 2, True)


def test_worst_first_alone_gives_no_rate_at_all(traces: Import, judgements: Import, tally: Ask) -> None:
    """All of them are told of: the limit per user is for what counts."""
    traces([{"run_id": str(place), "user_id": "u1"} for place in range(8)])
    judgements("\n".join(["run_id | answer_right | sampling", *(f"{run} | no | worst" for run in range(8))]))
    found = tally("answer_correctness", "label")
    assert (found.n, found.worst_first, found.rows) == (0, 8, 8)


PICKED = [
    (["", "", "", ""], 2, 4, False),  # nobody said how: measured, and marked
    (["random", "", "", ""], 1, 1, True),  # a known sample stands alone, however small
    (["random", "random", "", "worst"], 2, 2, True),
    (["complete", "stratified", "random", "random"], 2, 4, True),
    (["worst", "", "", "worst"], 1, 2, False),
]


def test_a_sample_of_known_making_stands_alone(traces: Import, judgements: Import, tally: Ask) -> None:
    """Each case is four traces, in a slice of their own: two right, two wrong."""
    rows = [
        (f"{case}-{place}", case, answer, picked[place])
        for case, (picked, *_) in enumerate(PICKED)
        for place, answer in enumerate(["yes", "yes", "no", "no"])
    ]
    traces(
        "\n".join(["run_id | user_id | task_type", *(f"{run} | {run} | {case}" for run, case, *_ in rows)])
    )
    judged = [f"{run} | {answer} | {how}" for run, _, answer, how in rows]
    judgements("\n".join(["run_id | answer_right | sampling", *judged]))
    for case, (picked, passes, n, is_known) in enumerate(PICKED):
        found = tally("answer_correctness", "label", {"task_type": str(case)})
        assert (found.passes, found.n, found.sampling_known) == (passes, n, is_known), picked
        left_out = picked.count("") if is_known else 0
        assert found.unpicked == left_out, "told beside the number"


def test_a_known_sample_that_does_not_answer_leaves_the_rest_marked(
    traces: Import, judgements: Import, tally: Ask
) -> None:
    traces(FOUR_TRACES)
    judgements(
        """
        run_id | answer_right | tool_right | sampling
        a      |              | yes        | random
        b      | yes          |            |
        """
    )
    found = tally("answer_correctness", "label")
    assert (found.passes, found.n, found.sampling_known) == (1, 1, False)


def test_what_a_review_of_the_worst_says_of_a_sampled_trace_moves_no_rate(
    traces: Import, judgements: Import, tally: Ask
) -> None:
    traces(FOUR_TRACES)
    judgements("run_id | answer_right | sampling | reviewer\na | yes | random | Ada\na | no | worst | Bob")
    found = tally("answer_correctness", "label")
    assert (found.passes, found.n, found.worst_first) == (1, 1, 0)


def test_labels_may_come_before_their_traces(
    traces: Import,
    judgements: Import,
    groups: Callable[..., Mapping[str | None, Tally]],
) -> None:
    judgements("run_id | answer_right | sampling\na | yes | random")
    assert groups("answer_correctness", "label") == {}
    traces(FOUR_TRACES)
    assert counted(groups("answer_correctness", "label")[None]) == (1, 1)
