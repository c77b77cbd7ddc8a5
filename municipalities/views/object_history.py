"""The history of one object on a page, as a download, and the putting back of an earlier text."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import models
from django.db.models import OuterRef, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.permissions import only
from accounts.requests import UserRequest
from municipalities.actions import provenance_of
from municipalities.permissions import WHY_NOT, may_write
from policytracker.exporting import CSV, FORMATS, XLSX, Row, table_response
from policytracker.expressions import found_for_row
from policytracker.forms import PutBackForm
from policytracker.listing import EXPORT, PAGE, PER_PAGE, Address
from policytracker.object_history import Entry, Naming, ObjectHistory, Source
from policytracker.revisions import ChangedMeanwhile, last_author, write_revision

Rows = Callable[[User], QuerySet[Any, Any]]


def alone(row: Any) -> Mapping[int, str]:
    """The row without any before it."""
    return {row.pk: ""}


def plainly(reader: User) -> Naming:
    """Nothing is called otherwise than it calls itself, whoever reads."""
    return {}


@dataclass(frozen=True)
class Told:
    """A kind of object of which the history is shown.

    `name` stands in the names of its addresses; `list` is that of the list, called `label`.
    The `texts` are the fields of which those whose role `may_edit` may put an earlier text back; where it is
    `attributed`, whoever does so stands behind the row from then on.
    """

    name: str
    model: type[models.Model]
    sources: Sequence[Source]
    visible_to: Rows
    editable_by: Rows
    texts: Sequence[str]
    label: str | Promise
    list: str
    may_edit: Callable[[User], bool] = may_write
    why_not: str | Promise = WHY_NOT
    attributed: bool = False
    owners: Callable[[Any], Mapping[int, str]] = alone
    naming: Callable[[User], Naming] = plainly

    @property
    def history(self) -> str:
        """The name of the address of the history."""
        return f"history:{self.name}"

    @property
    def put_back(self) -> str:
        """The name of the address at which an earlier text is put back."""
        return f"history:put-back-in-{self.name}"

    def of(self, row: Any, *, reader: User, may_edit: bool) -> ObjectHistory:
        """The history of one object, for a reader who may change it or not."""
        texts = self.texts if may_edit else ()
        return ObjectHistory(self.sources, self.owners(row), may_edit, self.naming(reader), row, texts)

    def written(self, field: str, text: str, by: User) -> dict[str, Any]:
        """What is written where the text is put back."""
        return {field: text, **({"provenance": provenance_of(by)} if self.attributed else {})}


@require_safe
def history(request: UserRequest, pk: int, *, told: Told) -> HttpResponseBase:
    """Who changed what and when, the newest first; as a download all of it."""
    may_edit = found_for_row(told.editable_by(request.user).filter(pk=OuterRef("pk")))
    row = get_object_or_404(told.visible_to(request.user).annotate(may_edit=may_edit), pk=pk)
    of_row = told.of(row, reader=request.user, may_edit=row.may_edit)
    events = of_row.events()
    if request.GET.get(EXPORT) in FORMATS:
        return export(request.GET[EXPORT], row, of_row.entries(events))
    page = Paginator(events, PER_PAGE).get_page(request.GET.get(PAGE))
    address = Address(request)
    context = {
        "object": row,
        "told": told,
        "entries": of_row.entries(page.object_list),
        "page": page,
        "address": address,
        "result": ngettext("%(number)s change", "%(number)s changes", page.paginator.count)
        % {"number": number_format(page.paginator.count, force_grouping=True)},
        "exports": [
            {"label": "CSV", "url": address.having(EXPORT, CSV)},
            {"label": "Excel", "url": address.having(EXPORT, XLSX)},
        ],
    }
    return render(request, "history/object.html", context)


def export(kind: str, row: Any, entries: Iterable[Entry]) -> HttpResponseBase:
    """The whole history as a download that says what it is."""
    header = [_("Moment"), _("Who"), _("What"), _("Belonged to"), _("Part"), _("Before"), _("After")]
    about = {
        _("What this is"): _("History of “%(object)s”") % {"object": row},
        _("Made on"): date_format(timezone.localtime(), "DATETIME_FORMAT"),
        _("Source"): _("Kept by the database with every change"),
    }
    name = f"{_('history')}-{row._meta.model_name}-{row.pk}"
    return table_response(kind, name, header, export_rows(entries), about)


def export_rows(entries: Iterable[Entry]) -> Iterator[Row]:
    """A row for each field that changed, or for what happened without one."""
    for entry in entries:
        moment = timezone.localtime(entry.when).strftime("%Y-%m-%d %H:%M:%S")
        for line in entry.lines:
            for change in line.changes:
                yield moment, entry.who, line.what, line.mark, change.label, change.before, change.after
            if not line.changes:
                yield moment, entry.who, line.what, line.mark, None, None, None


@require_http_methods(["GET", "POST"])
def put_back(request: UserRequest, pk: int, event: int, field: str, *, told: Told) -> HttpResponse:
    """Show the text that stands there and an earlier one, and put that back when it was asked for."""
    if field not in told.texts:
        raise Http404
    rows = told.editable_by(request.user)
    row = get_object_or_404(rows, pk=pk)
    events = cast(Any, told.model).pgh_event_model.objects
    earlier = get_object_or_404(events, pgh_id=event, pgh_obj=pk)
    text, author = getattr(earlier, field), None
    data = request.POST if request.method == "POST" else None
    form = PutBackForm(data, row=row, field=field, text=text)
    if form.is_valid():
        try:
            write_revision(rows, pk, form.cleaned_data["revision"], told.written(field, text, request.user))
        except ChangedMeanwhile:
            row.refresh_from_db()
            author = last_author(row)
            form = PutBackForm(row=row, field=field, text=text)
        else:
            messages.success(request, _("The earlier text stands there again. The history tells that too."))
            return redirect(told.history, pk)
    context = {
        "object": row,
        "told": told,
        "part": capfirst(str(row._meta.get_field(field).verbose_name)),
        "present": getattr(row, field),
        "text": text,
        "earlier": earlier,
        "author": author,
        "form": form,
    }
    status = 409 if author else 422 if form.is_bound else 200
    return render(request, "history/put_back.html", context, status=status)


def addresses(under: str, told: Told) -> list[URLPattern]:
    """The addresses of the history of a kind of object, and of putting a text back, under its own."""
    page = f"{under}/<int:pk>/geschiedenis/"
    guarded = only(told.may_edit, told.why_not)(put_back)
    kind = {"told": told}
    return [
        path(page, history, kind, name=told.name),
        path(f"{page}<int:event>/terugzetten/<str:field>/", guarded, kind, name=f"put-back-in-{told.name}"),
    ]
