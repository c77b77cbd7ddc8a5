"""Invented data must never stand between real data: it cannot be taken out again.

Statements are kept for ever and the history remembers the rest, so that there is no switch to pass this by:
who wants to show the system uses a database of its own.
"""

from django.db.models import QuerySet

from accounts.models import User
from measures.models import ActionPlan, Measure, SupportUse
from municipalities.models import Contact, CoverageStatement, PolicyParticipation, SafetyPolicy
from policytracker.provenance import Provenance

REAL = (Provenance.MUNICIPALITY, Provenance.VNG, Provenance.NCTV)


def real_content() -> dict[str, int]:
    """How many rows there are of each kind that only real use puts into the database, in words; none is 0."""
    kinds: dict[str, QuerySet] = {
        str(User._meta.verbose_name_plural): User.objects.filter(is_demonstration=False),
        str(PolicyParticipation._meta.verbose_name_plural): PolicyParticipation.objects.filter(
            decided_by__is_demonstration=False
        ),
        **{
            str(model._meta.verbose_name_plural): model._default_manager.filter(provenance__in=REAL)
            for model in (Contact, SafetyPolicy, CoverageStatement, ActionPlan, Measure, SupportUse)
        },
    }
    return {kind: number for kind, rows in kinds.items() if (number := rows.count())}
