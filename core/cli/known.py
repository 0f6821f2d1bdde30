"""The sub-commands by name: what each is for, and where it is done.

Only words stand here, so that a command starts without loading what the others need.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Command:
    """``module`` holds the function ``does`` and, where the command has options of its own, the function
    ``options`` that adds them to its parser."""

    about: str
    example: str
    module: str
    does: str
    options: str = "add_options"

    def loaded(self) -> tuple[Callable[..., int], Callable[[Any], None] | None]:
        """The two functions, with all that they need."""
        module = import_module(f"core.cli.{self.module}")
        return getattr(module, self.does), getattr(module, self.options) if self.options else None


COMMANDS = {
    "demo": Command("Make three demo features to explore.", "demo", "making_demo", does="demo"),
    "features": Command(
        "List the features with their verdicts and states, the most urgent first.",
        "features --json",
        "portfolio",
        does="list_all",
        options="",
    ),
    "apply": Command(
        "Create or change a feature from a TOML or JSON file.",
        "apply refund-agent.toml --lock",
        "applying",
        does="apply_file",
    ),
    "import": Command(
        "Import traces, eval results or labels.",
        "import results.jsonl --feature refund-agent --kind evals",
        "importing_files",
        does="import_files",
    ),
    "metrics": Command(
        "Show every metric with its n and interval.",
        "metrics refund-agent --by week --json",
        "measuring",
        does="show_metrics",
    ),
    "gate": Command(
        "Answer GO (0), NO-GO (1), not enough evidence (2), stale or no data (3).",
        "gate refund-agent",
        "gating",
        does="answer_gate",
    ),
    "lint": Command(
        "Say where the phase plan will hurt; 1 when a finding blocks.",
        "lint refund-agent",
        "linting",
        does="lint_phases",
    ),
    "cases": Command(
        "Write the eval cases as a file for an eval tool; personal data in it is masked.",
        "cases refund-agent --format promptfoo -o promptfooconfig.yaml",
        "cases",
        does="cases",
    ),
    "compare": Command(
        "Compare two releases: no worse (0), worse or a critical case broken (1), not enough evidence (2), "
        "nothing to compare (3).",
        "compare refund-agent 2026-10 2026-11",
        "comparing",
        does="compare_releases",
    ),
    "flags": Command(
        "Write who gets the feature now, as a flag definition; off for everybody where the rollout is "
        "stopped.",
        "flags refund-agent --format flagd -o flags.json",
        "flags",
        does="flags",
    ),
    "pause": Command(
        "Pause the rollout now, whatever else stands; 64 where nothing runs.",
        'pause refund-agent --reason "Wrong refunds since 10:00"',
        "stopping",
        does="pause_rollout",
        options="add_pause_options",
    ),
    "rollback": Command(
        "Take the feature back from its users now; 64 where nothing runs.",
        'rollback refund-agent --reason "Wrong refunds since 10:00"',
        "stopping",
        does="roll_back_rollout",
        options="add_rollback_options",
    ),
    "retention": Command(
        "Remove what its feature has kept long enough: texts, numbers, what old entries of the log say. The "
        "server does so by itself.",
        "retention --feature refund-agent",
        "expiring",
        does="expire_all",
    ),
    "report": Command(
        "Write the decision with its evidence, signatures and fingerprints into a file.",
        "report refund-agent --format html -o refund-agent.html",
        "reporting",
        does="report",
    ),
    "backup": Command(
        "Copy the database, the company's templates and the secret into a new folder, while the server runs.",
        "backup /mnt/backups",
        "backing_up",
        does="back_up",
        options="add_backup_options",
    ),
    "restore": Command(
        "Put a backup into an empty home folder; refuses one that is not as it was made.",
        "restore /mnt/backups/readygate-backup-2026-10-14T031500Z --home /srv/readygate",
        "backing_up",
        does="restore",
        options="add_restore_options",
    ),
    "verify": Command(
        "Check the audit log's chain, and the records against it; 1 when something was tampered with.",
        "verify --anchor 5be15918…38bc:55",
        "verifying",
        does="verify",
    ),
    "people": Command(
        "List the people and their roles.", "people --json", "people", does="show_people", options=""
    ),
    "grant": Command(
        "Give somebody a role; an address that nobody has yet is invited with it.",
        "grant ada@example.com admin",
        "people",
        does="give_role",
    ),
    "revoke": Command(
        "Take a role back from somebody.",
        "revoke ada@example.com pm --feature refund-agent",
        "people",
        does="take_role",
    ),
    "doctor": Command(
        "Check that this installation is in order.", "doctor", "checking", does="check", options=""
    ),
}
