"""What each role may do with the reminders."""

from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from accounts.permissions import only

WHY_NOT = _("The reminders are sent by VNG. They name the contacts of all municipalities.")


def may_run_reminders(user: User) -> bool:
    """VNG and administrators see the ledger, preview the next run and start one; it names contacts."""
    return user.role in (Role.VNG, Role.ADMINISTRATOR)


for_those_who_run_reminders = only(may_run_reminders, WHY_NOT)
