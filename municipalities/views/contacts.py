"""The contacts of a municipality: who receives its messages."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import only
from accounts.requests import UserRequest
from municipalities.actions import remove_contact, state_of_contacts, write_to_first
from municipalities.forms.contacts import ContactForm
from municipalities.models import Contact, Municipality
from municipalities.permissions import may_write
from policytracker.forms import posted
from policytracker.revisions import opened

REFUSAL = gettext_lazy("Only municipalities and VNG see the contacts.")


def own_municipality(request: UserRequest, code: str) -> Municipality:
    """The municipality, if the user keeps it up to date.

    While something is taken in it is locked, before any of its contacts: who writes to the list locks in
    that order everywhere, so that two who do never wait for each other.
    """
    rows = opened(Municipality.objects.in_register().editable_by(request.user), request)
    return get_object_or_404(rows.select_related("contacts_confirmed_by"), code=code.upper())


@require_safe
@only(may_write, REFUSAL)
def contacts(request: UserRequest, code: str) -> HttpResponse:
    """Who is written to, in which order, and when somebody last said that this is right."""
    municipality = own_municipality(request, code)
    context = {
        "municipality": municipality,
        "contacts": municipality.contacts.order_by("position"),
        "seen": state_of_contacts(municipality),
    }
    return render(request, "contacts/list.html", context)


@require_http_methods(["GET", "POST"])
@only(may_write, REFUSAL)
def new_contact(request: UserRequest, code: str) -> HttpResponse:
    """Show or take in the form for one more contact."""
    municipality = own_municipality(request, code)
    form = ContactForm(municipality=municipality, **posted(request))
    return answer(request, form, municipality)


@require_http_methods(["GET", "POST"])
@only(may_write, REFUSAL)
def edit_contact(request: UserRequest, code: str, pk: int) -> HttpResponse:
    """Show or take in the changes of a contact."""
    municipality = own_municipality(request, code)
    contact = get_object_or_404(opened(Contact.objects.filter(municipality=municipality), request), pk=pk)
    form = ContactForm(municipality=municipality, instance=contact, **posted(request))
    return answer(request, form, municipality)


def answer(request: UserRequest, form: ContactForm, municipality: Municipality) -> HttpResponse:
    """Save a valid form and show the list, or show the form with what is wrong."""
    if form.is_valid():
        form.save_by(request.user)
        messages.success(request, _("Saved. Our messages go to this list."))
        return redirect("municipalities:contacts", municipality.code)
    context = {"form": form, "municipality": municipality, "is_new": form.is_new}
    return render(request, "contacts/form.html", context, status=form.status)


@require_http_methods(["GET", "POST"])
@only(may_write, REFUSAL)
def delete_contact(request: UserRequest, code: str, pk: int) -> HttpResponse:
    """Ask whether a contact must go, and let it go."""
    municipality = own_municipality(request, code)
    contact = get_object_or_404(Contact, municipality=municipality, pk=pk)
    if request.method == "POST":
        remove_contact(by=request.user, contact=contact)
        messages.success(request, _("%(name)s receives no more messages.") % {"name": contact.name})
        return redirect("municipalities:contacts", municipality.code)
    is_last = not municipality.contacts.exclude(pk=pk).exists()
    context = {"municipality": municipality, "contact": contact, "is_last": is_last}
    return render(request, "contacts/delete.html", context)


@require_POST
@only(may_write, REFUSAL)
def first_contact(request: UserRequest, code: str, pk: int) -> HttpResponse:
    """Write to this contact first from now on."""
    municipality = own_municipality(request, code)
    contact = get_object_or_404(Contact, municipality=municipality, pk=pk)
    write_to_first(by=request.user, contact=contact)
    messages.success(request, _("We write to %(name)s first from now on.") % {"name": contact.name})
    return redirect("municipalities:contacts", municipality.code)
