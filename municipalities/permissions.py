"""What each role may do with the register."""

from accounts.models import Role, User


def may_state_coverage(user: User) -> bool:
    """Officers state it for their own municipalities, VNG enters it for any; NCTV reads."""
    return user.role in (Role.OFFICER, Role.VNG, Role.ADMINISTRATOR)
