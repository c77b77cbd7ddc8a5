"""What each role may do with the library and the support on offer."""

from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User

WHY_NOT_LIBRARY = _("VNG keeps the library. Ask VNG for a change.")
WHY_NOT_OFFERS = _("NCTV and VNG keep the support on offer.")


def may_edit_library(user: User) -> bool:
    """VNG keeps the library of typical measures."""
    return user.role in (Role.VNG, Role.ADMINISTRATOR)


def may_edit_offers(user: User) -> bool:
    """NCTV and VNG keep the support on offer, of which they make most."""
    return user.role in (Role.NCTV, Role.VNG, Role.ADMINISTRATOR)
