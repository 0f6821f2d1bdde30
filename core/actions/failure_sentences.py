"""How the audit log tells of words for failures, fixes, incidents and tool lists."""

from core.actions.audit_details import ActionWords, on_day, reason_line

_KINDS = {"type": "failure type", "cause": "root cause"}

FAILURE_ACTIONS: dict[str, ActionWords] = {
    "failure word added": ActionWords(
        "Added a word for failures",
        lambda said: f"added the {_KINDS[said['kind']]} “{said['words'][0]['word']}”",
        lambda said: [f"Meaning: {said['words'][0]['definition'] or 'none'}"],
    ),
    "failure word renamed": ActionWords(
        "Renamed a word for failures",
        lambda said: (
            f"renamed the {_KINDS[said['kind']]} “{said['words'][0]['word']}” to "
            f"“{said['words'][0]['became']}”"
        ),
        lambda said: [reason_line(said) if said["reason"] else ""],
    ),
    "failure words merged": ActionWords(
        "Merged words for failures",
        lambda said: f"merged words for failures ({_KINDS[said['kind']]})",
        lambda said: [
            *(f"“{one['word']}” counts as “{one['became']}”" for one in said["words"] if one["became"]),
            reason_line(said) if said["reason"] else "",
        ],
    ),
    "failure word parted": ActionWords(
        "Took a word for failures apart again",
        lambda said: f"let “{said['words'][0]['word']}” count for itself again",
        lambda said: [reason_line(said) if said["reason"] else ""],
    ),
    "fix saved": ActionWords(
        "Saved a fix",
        lambda said: f"saved the fix of “{said['failure_type']}”: {said['state'].replace('_', ' ')}",
        lambda said: [f"Owner: {said['owner']}. {said['fix']}"],
    ),
    "incident reported": ActionWords(
        "Reported an incident",
        lambda said: f"reported the incident {said['id']:,}",
        lambda said: [f"Owner: {said['owner']}. It happened on {on_day(said['happened_at'])}."],
    ),
    "incident closed": ActionWords(
        "Closed an incident",
        lambda said: f"closed the incident {said['id']:,}",
        lambda said: [f"It ended in: {said['ended_in'].replace('_', ' ')}, {said['link']}"],
    ),
    "tool list added": ActionWords(
        "Handed in a tool list",
        lambda said: f"handed in the tool list “{said['file_name']}”",
        lambda said: [f"{said['tools']:,} tools, fingerprint {said['sha256'][:12]}"],
    ),
}
