"""Who may sign a feature, and who is the same person under another account, as of this moment."""

from core.actions.people import Role
from core.decision.sign_off import SignerList
from core.store import people
from core.store.database import Connection
from core.store.features import Feature


def signer_list(connection: Connection, feature: Feature) -> SignerList:
    """The signers of the feature whose role counts, and everybody's address."""
    return SignerList(people.holders(connection, feature.id, Role.SIGNER), people.emails(connection))


def everybody(connection: Connection) -> SignerList:
    """Everybody's address and no signers: it tells whether two accounts are two people."""
    return SignerList(emails=people.emails(connection))
