"""The form in which VNG writes an entry of the library."""

from django import forms

from measures.forms.attributed import AttributedForm
from measures.models import TypicalMeasure

LINES = forms.Textarea(attrs={"rows": 5})


class TypicalMeasureForm(AttributedForm):
    """A measure that municipalities typically take, in Dutch and in English."""

    class Meta:
        model = TypicalMeasure
        fields = ["title_nl", "title_en", "category", "phase", "text_nl", "text_en"]
        widgets = {"text_nl": LINES, "text_en": LINES}
