"""The link by which a receiver stops messages that only tell something, without logging in."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

SALT = "reminders.unsubscribe"


def unsubscribe_url(contact_id: int, rule: str) -> str:
    """The address at which the contact stops the messages of a rule; it can do nothing else."""
    token = signing.dumps([contact_id, rule], salt=SALT, compress=True)
    return settings.BASE_URL + reverse("reminders:unsubscribe", args=[token])


def read_token(token: str) -> tuple[int, str] | None:
    """The contact and the rule that the address is for; None where we did not make it."""
    try:
        contact_id, rule = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return contact_id, rule
