"""What every form shares: fields of the design, and rows that two people may change at the same time."""

import datetime as dt
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any, NamedTuple, cast

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, LayoutObject, Submit
from django import forms
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from policytracker.person_data import GuardedForm, found_in
from policytracker.revisions import Author, Revised, last_author, state_at

THEIRS, MINE = "theirs", "mine"
DRAFT = {"data-draft": ""}  # the browser keeps what is typed in such a form until it was saved


class DateInput(forms.DateInput):
    """The browser's own date picker, which wants ISO dates."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class AlternativeField(forms.CharField):
    """One of several fields of which one must be filled in, so that none is called optional."""

    is_alternative = True

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)


class Disagreement(NamedTuple):
    """A field that somebody else changed meanwhile: what stands there now, and what was typed here."""

    name: str
    label: str
    theirs: str
    mine: str


class RevisedForm(GuardedForm, forms.ModelForm):
    """A form over a row that several people may change.

    It carries the revision that it was opened with. When the row has another one by now nothing is written:
    the form comes back with what was typed, and tells what somebody else wrote, field by field, to choose
    from. What only the other person changed is taken over.
    The row must be locked while the form is taken in (`opened`), so that nobody comes in between.
    """

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    submit_label: str | Promise = gettext_lazy("Save")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = self.instance.pk is None
        self.disagreements: list[Disagreement] = []
        self.author: Author | None = None
        self.prepare()
        self.current = {} if self.is_new else self.values_of(self.instance)
        if not self.is_new:
            self.initial["revision"] = self.instance.revision
        self.helper = FormHelper()
        self.helper.form_class = "pt-form"
        self.helper.attrs = DRAFT
        self.helper.render_hidden_fields = True
        self.helper.layout = Layout(ConflictPanel(), *self.layout(), Submit("submit", self.submit_label))

    def prepare(self) -> None:
        """Offer what can be chosen, and take away the fields that do not apply; before anything is read."""

    @property
    def row_fields(self) -> list[str]:
        """The names of the fields that the form shares with the row."""
        return [name for name in self._meta.fields or () if name in self.fields]

    def values_of(self, row: Any) -> dict[str, Any]:
        """What a row, or an earlier state of one, holds of the form's fields."""
        columns = [cast(Any, self.instance._meta.get_field(name)) for name in self.row_fields]
        return {
            column.name: getattr(row, column.name).all()
            if column.many_to_many
            else column.value_from_object(row)
            for column in columns
            if hasattr(row, column.name)
        }

    def layout(self) -> Sequence[Any]:
        """The fields in the order in which they are asked."""
        return [name for name in self.fields if name != "revision"]

    @property
    def status(self) -> int:
        """The HTTP status of the page with this form."""
        if self.disagreements or self.author:
            return 409
        return 422 if self.errors else 200

    def full_clean(self) -> None:
        """Look at what was typed, with what was chosen between two versions put in its place."""
        if self.is_bound and not self.is_new:
            self.data = self.data.copy()  # type: ignore[attr-defined]
            for name in self.row_fields:
                if self.data.get(self.add_prefix(f"choose-{name}")) == THEIRS:
                    self._put(name, self.current[name])
        super().full_clean()

    def clean(self) -> dict[str, Any] | None:
        """Refuse a form that was opened before the row was last changed."""
        cleaned = super().clean()
        seen = self.cleaned_data.get("revision")
        if not self.is_new and seen != self.instance.revision:
            self._tell_apart(seen)
        return cleaned

    def _tell_apart(self, seen: int | None) -> None:
        """Say what stands in the row by now, and keep what was typed."""
        self.author = last_author(self.instance)
        state = state_at(self.instance, seen)
        before = self.values_of(state) if state else {}
        for name, theirs in self.current.items():
            field, data = self.fields[name], self[name].data
            if not field.has_changed(theirs, data):
                continue
            if name in before and not field.has_changed(before[name], data):
                self._put(name, theirs)
            elif name not in before or field.has_changed(before[name], field.prepare_value(theirs)):
                mine = self.cleaned_data.get(name, data)
                self.disagreements.append(
                    Disagreement(name, str(field.label), in_words(field, theirs), in_words(field, mine))
                )
        self._put("revision", self.instance.revision)
        told = _("%(who)s changed this while you were typing. Nothing is lost: choose what must stand here.")
        self.add_error(None, told % {"who": self.author.name or _("Somebody else")})

    def _put(self, name: str, value: Any) -> None:
        """Put a value of the row into what was typed."""
        prepared = self.fields[name].prepare_value(value)
        key = self.add_prefix(name)
        if isinstance(prepared, (list, tuple)):
            self.data.setlist(key, [str(one) for one in prepared])  # type: ignore[attr-defined]
        else:
            self.data[key] = "" if prepared is None else str(prepared)  # type: ignore[index]

    @property
    def changed_columns(self) -> list[str]:
        """The names of the row's own columns that were changed."""
        changed = [name for name in self.row_fields if name in self.changed_data]
        return [name for name in changed if not self.instance._meta.get_field(name).many_to_many]

    def save(self, commit: bool = True) -> Any:
        """Write what changed, and nothing else."""
        if self.is_new or not commit:
            return super().save(commit)
        if columns := self.changed_columns:
            self.instance.save(update_fields=columns)
        self._save_m2m()  # type: ignore[attr-defined]
        return self.instance


class PutBackForm(forms.Form):
    """Asks whether an earlier text must stand in a row again; the rules of the row hold for it too."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, row: Revised, field: str, text: str) -> None:
        super().__init__(data, initial={"revision": row.revision})
        self.row, self.field, self.text = row, field, text
        self.helper = FormHelper()
        self.helper.form_class = "pt-form"
        self.helper.layout = Layout("revision", Submit("submit", gettext_lazy("Put this text back")))

    def clean(self) -> dict[str, Any] | None:
        """Refuse a text with which the row would break a rule, or that has a citizen service number."""
        cleaned = super().clean()
        if any(trace.is_refused for trace in found_in(self.text)):
            raise forms.ValidationError(_("This text has a citizen service number (BSN) and stays away."))
        row = copy(self.row)
        setattr(row, self.field, self.text)
        try:
            row.clean_fields(exclude={one.name for one in row._meta.fields if one.name != self.field})
            row.validate_constraints()
        except forms.ValidationError as error:
            raise forms.ValidationError(error.messages) from error  # no field of this form is to blame
        return cleaned


class ConflictPanel(LayoutObject):
    """Both versions of what two people changed, with a choice for each; nothing where nobody else did."""

    fields: list[Any] = []

    def render(self, form: Any, context: Any, **kwargs: Any) -> SafeString:
        """The panel."""
        shown = {"author": form.author, "disagreements": form.disagreements}
        return render_to_string("components/conflict.html", shown) if form.author else SafeString("")


def in_words(field: forms.Field, value: Any) -> str:
    """A value of a field as a person reads it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    prepared = field.prepare_value(value)
    if prepared in (None, "", []):
        return _("empty")
    if choices := getattr(field, "choices", None):
        labels = {str(key): str(label) for key, label in flat(choices)}
        several = prepared if isinstance(prepared, (list, tuple)) else [prepared]
        return ", ".join(labels.get(str(one), str(one)) for one in several)
    if isinstance(value, dt.date):
        return date_format(value)
    return number_format(value) if isinstance(field, (forms.DecimalField, forms.IntegerField)) else str(value)


def flat(choices: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    """The choices without their groups."""
    for key, label in choices:
        if isinstance(label, (list, tuple)):
            yield from label
        else:
            yield key, label


def posted(request: HttpRequest) -> dict[str, Any]:
    """What a form takes from a request: its data and files when it was sent, nothing when it was opened."""
    return {"data": request.POST, "files": request.FILES} if request.method == "POST" else {}
