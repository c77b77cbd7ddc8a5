"""Size classes, derived from the number of inhabitants; G4 and G40 are membership lists, not sizes."""

from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _


class SizeClass(models.TextChoices):
    """The register's four classes."""

    UNDER_20 = "under_20", _("under 20,000 inhabitants")
    FROM_20 = "20_50", _("20,000 to 50,000 inhabitants")
    FROM_50 = "50_100", _("50,000 to 100,000 inhabitants")
    FROM_100 = "from_100", _("100,000 inhabitants or more")


# (smallest number that no longer belongs to the class, class), smallest first; what is larger is FROM_100.
LIMITS = ((20_000, SizeClass.UNDER_20), (50_000, SizeClass.FROM_20), (100_000, SizeClass.FROM_50))


def size_class_of(population: int | None) -> SizeClass | None:
    """The class of a number of inhabitants, None where it is not known."""
    if population is None:
        return None
    return next((size for limit, size in LIMITS if population < limit), SizeClass.FROM_100)


def population_in(size: str) -> Q:
    """The municipalities of a class, as a condition on their population."""
    lower = 0
    for limit, candidate in LIMITS:
        if candidate == size:
            return Q(population__gte=lower, population__lt=limit)
        lower = limit
    return Q(population__gte=lower)


def size_class_expression() -> Case:
    """The class as a database expression, NULL where the population is not known."""
    return Case(
        *(When(population__lt=limit, then=Value(size.value)) for limit, size in LIMITS),
        When(population__isnull=False, then=Value(SizeClass.FROM_100.value)),
        output_field=models.CharField(max_length=10, choices=SizeClass),
    )
