"""What each role may do with plans and measures."""

from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User

WHY_NOT = _("NCTV reads the register. Only municipalities and VNG write in it.")


def may_write_plans(user: User) -> bool:
    """Officers write in the plans of their municipalities, VNG in all; NCTV reads."""
    return user.role in (Role.OFFICER, Role.VNG, Role.ADMINISTRATOR)
