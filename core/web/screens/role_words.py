"""The six roles in words: what each is for, and what each may do, as the policy has it."""

from collections.abc import Collection

from core.actions.people import Role
from core.actions.policy import ALLOWED, Act

ROLES: dict[Role, str] = {
    Role.VIEWER: "Follows how a feature stands: verdicts, numbers, plans, and who did what. Reads no text "
    "of a user, and changes nothing.",
    Role.REVIEWER: "Reads what people asked and were answered, judges it, and answers questions of the "
    "checklist.",
    Role.PM: "Writes the scope, the checklist and the phase plan, locks them, uploads evidence and moves the "
    "rollout on. What a pm wrote, somebody else signs.",
    Role.SIGNER: "Approves or refuses what was locked, each step, and waivers; never their own work.",
    Role.ADMIN: "Says who may do what and how long things are kept, and erases the data of a person. "
    "An admin signs nothing and changes no evidence.",
    Role.AUDITOR: "Reads everything, also the whole audit log, and verifies it. Changes nothing.",
}
"""What each role is for."""

ROLE_ICONS: dict[Role, str] = {
    Role.VIEWER: ":material/visibility:",
    Role.REVIEWER: ":material/rate_review:",
    Role.PM: ":material/edit_note:",
    Role.SIGNER: ":material/draw:",
    Role.ADMIN: ":material/manage_accounts:",
    Role.AUDITOR: ":material/policy:",
}


def may_words(roles: Collection[Role]) -> str:
    """Everything that somebody with these roles may do: "May see this feature, upload evidence." """
    acts = [act.value for act in Act if ALLOWED[act] & set(roles)]
    return f"May {', '.join(acts)}." if acts else "May nothing yet."


def role_badges(roles: Collection[Role]) -> str:
    """The roles as badges in Markdown, each with its icon and its word."""
    return " ".join(f":blue-badge[{ROLE_ICONS[role]} {role}]" for role in Role if role in roles)


def needs_role(act: Act, where: str = "here") -> str:
    """Why a button cannot be pressed: "Takes the role pm or reviewer here." """
    return f"Takes the role {' or '.join(sorted(ALLOWED[act]))} {where}; ask an administrator."
