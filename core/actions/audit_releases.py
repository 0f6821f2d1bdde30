"""How the audit log tells of release bundles: saved, and put live."""

from core.actions.audit_details import ActionWords, on_day, reason_line

RELEASE_ACTIONS: dict[str, ActionWords] = {
    "bundle saved": ActionWords(
        "Saved a release bundle",
        lambda said: f"saved the release bundle “{said['name']}” as version {said['number']:,}",
        lambda said: [*said.get("changes", ()), reason_line(said)],
    ),
    "bundle put live": ActionWords(
        "Put a release live",
        lambda said: f"said that the release “{said['name']}” is live",
        lambda said: [
            f"Since {on_day(said['live_at'])}, {said['live_at'][11:16]} UTC",
            f"Instead of {said['instead_of']}" if said.get("instead_of") else "The first one.",
            *said.get("changes", ()),
            reason_line(said),
        ],
    ),
}
"""Every action on release bundles that the program writes into the log, in words."""
