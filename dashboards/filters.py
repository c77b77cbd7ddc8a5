"""What can be asked of a comparison: with which municipalities, and which of their measures."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dashboards.comparison import Basis
from measures.models import Category, Phase
from municipalities.filters import SeveralField


class BasisForm(forms.Form):
    """By what the municipalities are chosen; the first basis unless the address says otherwise."""

    by = forms.ChoiceField(label=_("Compare with"), required=False)

    def __init__(self, data: Any, bases: list[Basis]) -> None:
        super().__init__(data, initial={"by": bases[0].key})
        self.bases = bases
        choices = [(basis.key, basis.label) for basis in bases]
        self.fields["by"].choices = choices  # type: ignore[attr-defined]

    @property
    def basis(self) -> Basis:
        """The basis that a valid form asks for."""
        asked = self.cleaned_data["by"]
        return next((basis for basis in self.bases if basis.key == asked), self.bases[0])


class MissingFilter(forms.Form):
    """The filters of what others do: values of one filter widen it, filters together narrow it."""

    category = SeveralField(label=_("Category"), choices=Category.choices)
    phase = SeveralField(label=_("Phase"), choices=Phase.choices)
