"""How the audit log tells of what keeps an installation going: settings, upgrades, backups, age limits."""

from collections.abc import Sequence

from core.actions.audit_details import ActionWords, Said, days_kept, limit_set, on_day

SETTINGS = {
    "READYGATE_SIGN_IN": "How people sign in",
    "READYGATE_ALLOW_OPEN": "Others may come in without a sign-in",
    "READYGATE_URL": "Public address",
    "READYGATE_ADMINS": "First administrators",
    "READYGATE_SESSION_HOURS": "Hours that a sign-in lasts",
    "READYGATE_OIDC_ISSUER": "Sign-in service",
    "READYGATE_OIDC_NAME": "Name of the sign-in service",
    "READYGATE_OIDC_CLIENT_ID": "Readygate's id at the sign-in service",
    "READYGATE_OIDC_CLIENT_SECRET": "Readygate's secret at the sign-in service",
    "READYGATE_OIDC_PROMPT": "What the sign-in service is asked to do",
    "READYGATE_OIDC_TRUST_EMAIL": "E-mail addresses count as confirmed",
    "READYGATE_COOKIE_SECRET": "Secret that signs the sign-in cookies",
    "READYGATE_PROXY_SECRET": "Secret of the proxy",
    "READYGATE_PROXY_HEADERS": "Headers in which the proxy says who it is",
    "READYGATE_WEBHOOKS_INTERNAL": "Webhooks may go inside the own network",
    "READYGATE_DATABASE_URL": "Address of the database",
    "READYGATE_SECRET": "Secret behind tokens for personal data",
    "token-key": "Secret behind tokens for personal data, in a file",
    "STREAMLIT_SERVER_ADDRESS": "Where the server listens",
    "STREAMLIT_SERVER_ALLOWED_HOSTS": "Host names that are answered",
    "STREAMLIT_SERVER_ENABLE_CORS": "Pages of other sites are refused",
    "STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION": "Forged requests are refused",
}
"""Every setting of a server that the log tells of, in words."""

_NAMED = 20
"""So many versions of cases are named in a line."""


def _settings(said: Said) -> Sequence[str]:
    """A line for each setting that differs; of a secret it says no more than that it is another one."""
    before, after = said["before"], said["after"]
    return [
        f"{setting_name(name)}: {before[name] or 'not set'} → {after[name] or 'not set'}" for name in after
    ]


def setting_name(name: str) -> str:
    """The setting in words, with the name that whoever runs the server knows."""
    return f"{SETTINGS[name]} ({name})" if name in SETTINGS else name


def _cases_gone(said: Said) -> Sequence[str]:
    named = ", ".join(f"{case_id} (version {number:,})" for case_id, number, _ in said["cases"][:_NAMED])
    more = len(said["cases"]) - _NAMED
    also = f" and {more:,} more" if more > 0 else ""
    return [f"{named}{also}. No locked set held them; results and verdicts stayed."]


UPKEEP_ACTIONS: dict[str, ActionWords] = {
    "settings changed": ActionWords(
        "Started with other settings",
        lambda said: "started with other settings than the last time",
        _settings,
    ),
    "database upgraded": ActionWords(
        "Upgraded the database",
        lambda said: f"upgraded the tables from version {said['before']} to {said['after']}",
        lambda said: [f"By Readygate {said['program']}."],
    ),
    "backup made": ActionWords(
        "Made a backup",
        lambda said: f"made the backup “{said['folder']}”",
        lambda said: [f"Head of the log in it: {said['anchor']}"],
    ),
    "backup restored": ActionWords(
        "Restored a backup",
        lambda said: f"restored the backup of {on_day(said['made_at'])}, made by {said['made_by']}",
        lambda said: [
            f"Head of the log in it: {said['anchor']}",
            "It took the place of another database, which was kept." if said["replaced"] else "",
            f"Erased again: {', '.join(said['erased_again'])}" if said.get("erased_again") else "",
            f"To be erased anew: {', '.join(said['erase_again'])}" if said.get("erase_again") else "",
        ],
    ),
    "text days set": limit_set("texts of traces"),
    "number days set": limit_set("numbers and labels"),
    "log days set": limit_set("what the log says"),
    "case days set": limit_set("eval cases made from traces"),
    "texts expired": ActionWords(
        "Removed expired texts",
        lambda said: f"removed texts kept for more than {days_kept(said['days'])}",
        lambda said: [
            f"{said['rows']:,} rows and {said['labels'] + said['failures']:,} remarks, "
            f"from {len(said['uploads']):,} uploads. What is counted stayed."
        ],
    ),
    "numbers expired": ActionWords(
        "Removed expired numbers",
        lambda said: f"removed numbers kept for more than {days_kept(said['days'])}",
        lambda said: [
            f"{said['rows']:,} rows, {said['labels']:,} labels and {said['failures']:,} failures, "
            f"from {len(said['uploads']):,} uploads. No verdict counted them."
        ],
    ),
    "case texts expired": ActionWords(
        "Removed expired texts of eval cases",
        lambda said: f"removed texts of eval cases kept for more than {days_kept(said['days'])}",
        _cases_gone,
    ),
    "log entries emptied": ActionWords(
        "Emptied old entries of the log",
        lambda said: f"emptied entries of the log kept for more than {days_kept(said['days'])}",
        lambda said: [
            f"{said['entries']:,} entries, from {said['first']:,} to {said['last']:,}. Who did what and when "
            "stays, and the chain too."
        ],
    ),
}
"""Actions of the program itself, and of those who look after it, in words."""
