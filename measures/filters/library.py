"""By what the library can be filtered."""

from django import forms
from django.utils.translation import gettext_lazy as _

from measures.models import Category, Phase
from measures.models.library import TypicalMeasureQuerySet
from municipalities.filters import SeveralField


class LibraryFilter(forms.Form):
    """The filters of the library: values of one filter widen it, filters together narrow it."""

    q = forms.CharField(label=_("Words in title or text"), required=False, max_length=100)
    category = SeveralField(label=_("Category"), choices=Category.choices)
    phase = SeveralField(label=_("Phase"), choices=Phase.choices)

    def apply(self, entries: TypicalMeasureQuerySet) -> TypicalMeasureQuerySet:
        """Those of the entries that a valid form asks for."""
        chosen = self.cleaned_data
        found = entries.search(chosen["q"])
        if chosen["category"]:
            found = found.filter(category__in=chosen["category"])
        if chosen["phase"]:
            found = found.filter(phase__in=chosen["phase"])
        return found
