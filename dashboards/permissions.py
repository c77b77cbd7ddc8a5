"""What each role may do with letters to the council."""

from accounts.models import Role, User


def may_use_letters(user: User) -> bool:
    """Officers make and read them for their own municipalities, VNG for any; NCTV does not."""
    return user.role in (Role.OFFICER, Role.VNG, Role.ADMINISTRATOR)
