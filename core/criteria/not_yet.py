"""Why evidence whose interval clears the bar still cannot pass, and what would help."""

from core.criteria.checklist import MeasuredItem
from core.criteria.no_result import cases_without_result, rests_on_them
from core.metrics.catalogue import Shape, metric
from core.metrics.judged import FEWEST_AGREED, is_audited, is_weak
from core.metrics.measure import counts_faults
from core.metrics.measurement import Cluster, Measurement, Source, Stratum, Weighting
from core.statistics.judge_audit import FEWEST_LABELS
from core.units import Rounding, Unit, write

FEWEST_WITNESSES = 20
"""Under so many users (sessions, days) production evidence cannot pass (METHODS section 1)."""

KINDS_NAMED = 3

Reason = tuple[str, int | None]
"""A sentence, and how many more cases would do where a number of them would."""


def not_yet(item: MeasuredItem, finding: Measurement) -> Reason | None:
    """The first reason that keeps ``finding`` from passing; ``None`` where nothing does."""
    tally = finding.tally
    if len(tally.bundles) > 1 and not tally.bundles_agree:
        releases = " and ".join(tally.bundles[:3])
        return (
            f"The evidence mixes releases ({releases}), and a pass must be of one release: "
            "upload results of the live one only, or lock again to count what comes after.",
            None,
        )
    if metric(finding.metric).shape is Shape.MEAN and (sentence := _of_mean(finding)):
        return sentence, None
    if finding.source is Source.JUDGE and (reason := _of_judge(finding)) is not None:
        return reason
    if not tally.sampling_known:
        return _sampling_unknown(finding.source), None
    if finding.weighting is not None and (reason := _of_kinds(finding.weighting)) is not None:
        return reason
    if rests_on_them(item, finding):
        without = cases_without_result(finding)
        cases = "the case" if without == 1 else f"the {without:,} cases"
        return f"It cannot pass on unknown results: run {cases} without a result again.", without
    if finding.n < item.minimum_n:
        missing = item.minimum_n - finding.n
        return f"The checklist asks for at least {item.minimum_n:,} cases: {missing:,} more.", missing
    witnesses = len(tally.n_by_cluster)
    if tally.cluster is not Cluster.CASE and witnesses < FEWEST_WITNESSES:
        return (
            f"There are only {witnesses} {tally.cluster}s; at least {FEWEST_WITNESSES} are needed.",
            FEWEST_WITNESSES - witnesses,
        )
    return None


def _sampling_unknown(source: Source) -> str:
    if source is Source.JUDGE:
        return (
            "Nobody said which traces the judge was given, so they cannot pass. "
            "Say it in a “sampling” column of its labels: complete, random or worst."
        )
    return (
        "Nobody said how these traces were picked for review, so they cannot pass. "
        "Say it in a “sampling” column: complete, random, stratified or worst."
    )


def _of_mean(finding: Measurement) -> str:
    """Only rates are corrected for what a judge gets wrong, and weighted where kinds of tasks were drawn."""
    label = metric(finding.metric).label
    if finding.source is Source.JUDGE:
        return (
            f"{label} by an AI judge cannot pass, since nothing corrects it for what the judge gets wrong: "
            "measure it by people's labels."
        )
    if finding.needs_weights:
        return (
            f"Some labels were drawn by kind of task, and {label.lower()} is not weighted by kind, so it "
            "cannot pass: label traces at random."
        )
    return ""


def _of_judge(finding: Measurement) -> Reason | None:
    """METHODS section 10: a judge counts only beside people who labelled a random part of its traces."""
    audit = finding.audit
    labels = audit.labels if audit else 0
    if audit is None or labels < FEWEST_LABELS:
        missing = FEWEST_LABELS - labels
        return (
            f"The judge is not audited ({labels} of its traces are labelled by hand at random): "
            f"label {missing} more of the judged traces at random by hand.",
            missing,
        )
    if not is_audited(audit):
        said = "pass" if (audit.caught is None) is not counts_faults(finding.metric) else "fail"
        return (
            f"The judge is not audited: all {labels} labels by hand {said}, so nobody has seen it tell "
            "the two apart. Label more of the judged traces at random by hand.",
            None,
        )
    if not is_weak(audit):
        return None
    shares = audit.kept, audit.caught
    if counts_faults(finding.metric):
        # What passes in the count of a fault is the fault, which people and judges fail.
        shares = audit.caught, audit.kept
    kept, caught = (write(share or 0.0, Unit.SHARE, Rounding.DOWN) for share in shares)
    bar = write(FEWEST_AGREED, Unit.SHARE)
    return (
        f"The judge is too weak to decide: it passes {kept} of what people pass and fails {caught} of what "
        f"they fail; both must be at least {bar}. Improve the judge, or measure by people's labels.",
        None,
    )


def _of_kinds(weighting: Weighting) -> Reason | None:
    if weighting.kinds_unknown:
        unknown = sum(one.reviewed for one in weighting.strata if not one.name)
        return (
            f"{unknown:,} labels were drawn by kind of task, but their traces name none, so nobody knows "
            "what they stand for. Upload the traces with a task_type column.",
            None,
        )
    if not weighting.left_out:
        return None
    whole = sum(one.size for one in weighting.strata)
    share = write(sum(one.size for one in weighting.left_out) / whole, Unit.SHARE, Rounding.UP)
    return (
        f"Nothing of {_names(weighting.left_out)} was reviewed ({share} of the traces), so the rate is not "
        "of all. Review some of each kind at random.",
        None,
    )


def _names(strata: tuple[Stratum, ...]) -> str:
    largest = sorted(strata, key=lambda one: (-one.size, one.name))
    names = [f"“{one.name}”" if one.name else "the traces without a task_type" for one in largest]
    rest = len(names) - KINDS_NAMED
    if rest > 0:
        names = [*names[:KINDS_NAMED], f"{rest} more kinds" if rest > 1 else "1 more kind"]
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
