"""What the audit log says of webhooks."""

from core.actions.audit_details import ActionWords

WEBHOOK_ACTIONS: dict[str, ActionWords] = {
    "webhook made": ActionWords(
        "Made a webhook",
        lambda said: f"made the webhook “{said['name']}” to {said['place']}",
        lambda said: [
            f"It is told of {', '.join(one.replace('_', ' ') for one in said['events'])}; "
            f"{said['feature'] or 'all features'}."
        ],
    ),
    "webhook secret renewed": ActionWords(
        "Renewed the secret of a webhook",
        lambda said: f"renewed the secret of the webhook “{said['name']}”",
    ),
    "webhook stopped": ActionWords("Stopped a webhook", lambda said: f"stopped the webhook “{said['name']}”"),
    "webhook tested": ActionWords(
        "Tested a webhook", lambda said: f"sent a test to the webhook “{said['name']}”"
    ),
    "webhook message sent again": ActionWords(
        "Sent a message of a webhook again",
        lambda said: f"sent the message {said['delivery']:,} of the webhook “{said['name']}” again",
    ),
}
