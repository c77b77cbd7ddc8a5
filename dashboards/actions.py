"""Writing down what was told to a council."""

from django.db import transaction
from django.utils import timezone

from accounts.demonstration import has_demonstration_data
from accounts.models import User
from dashboards.dossier import dossier
from dashboards.letters.writing import write
from dashboards.models import CouncilLetter
from municipalities.models import Municipality
from policytracker.dates import local_day


@transaction.atomic
def make_letter(*, by: User, municipality: Municipality) -> CouncilLetter:
    """Write the letter to the council as the municipality stands now.

    Two who do so at the same moment are served one after the other, so that each gets a number of its own.

    Raises:
        Municipality.DoesNotExist: when the municipality does not exist today.
    """
    made_at = timezone.now()
    on = local_day(made_at)
    code = Municipality.objects.in_register(on=on).select_for_update().get(pk=municipality.pk).code
    found = dossier(code, by, on)
    if found is None:
        raise Municipality.DoesNotExist(code)
    of_this_year = f"{code}-{on.year}-"
    earlier = CouncilLetter.objects.filter(municipality=municipality, number__startswith=of_this_year)
    number = f"{of_this_year}{earlier.count() + 1:03}"
    content = write(found, number=number, made_at=made_at, is_demonstration=has_demonstration_data())
    return CouncilLetter.objects.create(
        municipality=municipality, number=number, made_by=by, made_at=made_at, content=content
    )
