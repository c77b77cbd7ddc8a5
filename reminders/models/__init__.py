"""What the reminders keep: the ledger, the runs, and what VNG and the receivers arranged."""

from reminders.models.arrangements import Handover, Hold, Preference, RuleSetting, RuleText
from reminders.models.ledger import (
    DeliveryAttempt,
    Message,
    MessageQuerySet,
    MessageReminder,
    Reminder,
    Rule,
)
from reminders.models.runs import ReminderRun

__all__ = [
    "DeliveryAttempt",
    "Handover",
    "Hold",
    "Message",
    "MessageQuerySet",
    "MessageReminder",
    "Preference",
    "Reminder",
    "ReminderRun",
    "Rule",
    "RuleSetting",
    "RuleText",
]
