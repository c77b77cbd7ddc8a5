"""What each role may do with the reminders."""

from accounts.models import Role, User


def may_run_reminders(user: User) -> bool:
    """VNG and administrators see the ledger, preview the next run and start one; it names contacts."""
    return user.role in (Role.VNG, Role.ADMINISTRATOR)
