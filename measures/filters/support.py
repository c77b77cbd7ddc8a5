"""By what the support on offer can be filtered."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from measures.models import SupportOffer
from measures.models.support import SupportOfferQuerySet
from municipalities.filters import MunicipalityField, SeveralField

RUNNING, ENDED = "running", "ended"


class SupportFilter(forms.Form):
    """The filters of the offers: values of one filter widen it, filters together narrow it."""

    q = forms.CharField(label=_("Words in name or text"), required=False, max_length=100)
    gemeente = MunicipalityField(label=_("Used by municipality"))
    kind = SeveralField(label=_("Kind"), choices=SupportOffer.Kind.choices)
    provider = SeveralField(label=_("Provider"))
    state = SeveralField(
        label=_("Running or ended"),
        choices=[(RUNNING, _("running")), (ENDED, _("ended"))],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        providers = SupportOffer.objects.order_by("provider").values_list("provider", flat=True).distinct()
        provider = cast(forms.MultipleChoiceField, self.fields["provider"])
        provider.choices = [(name, name) for name in providers]

    def apply(self, offers: SupportOfferQuerySet) -> SupportOfferQuerySet:
        """Those of the offers that a valid form asks for."""
        chosen = self.cleaned_data
        found = offers.search(chosen["q"])
        if chosen["gemeente"]:
            found = found.used_by(chosen["gemeente"])
        if chosen["kind"]:
            found = found.filter(kind__in=chosen["kind"])
        if chosen["provider"]:
            found = found.filter(provider__in=chosen["provider"])
        if chosen["state"]:
            found = found.filter(has_ended__in=[state == ENDED for state in chosen["state"]])
        return found
