"""Load the demonstration data; only a person who asks for it gets it."""

import os
import secrets
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.demonstration import CACHE_KEY
from accounts.models import User
from demonstration.guard import real_content
from demonstration.loading import NoRegisterError, load
from demonstration.people import LOG_INS, set_password
from municipalities.loading import refresh_statistics, wait_for_other_loads
from policytracker.dates import today


class Command(BaseCommand):
    help = (
        "Invent statements, policies, plans, measures, contacts and log-ins for all municipalities, marked "
        "as invented on every page. The password of the log-ins is DEMO_PASSWORD from the environment, or is "
        "made up and shown once. A second run only sets the password, when DEMO_PASSWORD is given. It "
        "refuses a database that is really used: invented data cannot be taken out of it again."
    )

    def handle(self, **options: Any) -> None:
        given = os.environ.get("DEMO_PASSWORD", "")
        if given:
            try:
                validate_password(given)
            except ValidationError as error:
                raise CommandError(
                    _("DEMO_PASSWORD is not good enough. %(reasons)s") % {"reasons": " ".join(error.messages)}
                ) from error
        with transaction.atomic():
            wait_for_other_loads()
            if User.objects.filter(is_demonstration=True).exists():
                password = self._leave_as_it_is(given)
            else:
                password = self._load(given or secrets.token_urlsafe(12))
        refresh_statistics()
        cache.delete(CACHE_KEY)
        self.stdout.write("\n" + _("Log in as"))
        for role, (email, _name) in LOG_INS.items():
            self.stdout.write(f"  {email:<24}{role.label}")
        if password:
            self.stdout.write("  " + _("with password %(password)s") % {"password": password})

    def _leave_as_it_is(self, given: str) -> str:
        """Change nothing but the password, where one is given. Returns it."""
        self.stdout.write(_("The demonstration data is there already; it was left as it is."))
        if given:
            set_password(given)
            self.stdout.write(_("The password of the log-ins is now the one in DEMO_PASSWORD."))
        return given

    def _load(self, password: str) -> str:
        """Load everything, unless there is something real in the way. Returns the password of the log-ins."""
        if in_the_way := real_content():
            found = ", ".join(f"{kind}: {number}" for kind, number in in_the_way.items())
            raise CommandError(
                _(
                    "This database is in use (%(found)s), so that nothing invented is put into it. "
                    "Load the demonstration into a database of its own."
                )
                % {"found": found}
            )
        try:
            load(password=password, on=today(), say=lambda line: self.stdout.write(f"  {line}"))
        except NoRegisterError as error:
            raise CommandError(
                _("There are no municipalities yet. Load the register first, with load_register.")
            ) from error
        self.stdout.write(
            _("The demonstration data is loaded. Every page and every mail says that it is invented.")
        )
        return password
