"""What each role may do with the register."""

from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User

WHY_NOT = _("NCTV reads the register. Only municipalities and VNG write in it.")


def may_write(user: User) -> bool:
    """Officers write about their own municipalities, VNG about any; NCTV reads."""
    return user.role in (Role.OFFICER, Role.VNG, Role.ADMINISTRATOR)
