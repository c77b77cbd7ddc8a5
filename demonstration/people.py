"""The invented people: who can log in, who stated what, who manages which municipality, who is written to."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.utils.text import slugify

from accounts.models import Role, User
from demonstration.draw import dice, working_moment
from municipalities.models import Contact, Membership, Municipality
from policytracker.provenance import Provenance

UTRECHT = "GM0344"  # has something to do for its officer
ZEIST = "GM0355"  # has everything in order; the same officer keeps it up to date

LOG_INS = {
    Role.OFFICER: ("officer@demo.example", "Robin Voorbeeld"),
    Role.VNG: ("vng@demo.example", "Sam van Denkbeeld"),
    Role.NCTV: ("nctv@demo.example", "Kim Verzinsel"),
    Role.ADMINISTRATOR: ("admin@demo.example", "Alex Fantasie"),
}

# Account managers at VNG and their provinces; the log-in of VNG has the middle of the country.
MANAGERS = {
    LOG_INS[Role.VNG]: ("PV24", "PV26"),
    ("accountmanager.noord@demo.example", "Bo Bedacht"): ("PV20", "PV21", "PV22"),
    ("accountmanager.oost@demo.example", "Jip van Proef"): ("PV23", "PV25"),
    ("accountmanager.west@demo.example", "Mika Schijn"): ("PV27", "PV28", "PV29"),
    ("accountmanager.zuid@demo.example", "Noa Verdicht"): ("PV30", "PV31"),
}

FIRST_NAMES = (
    "Alex",
    "Bo",
    "Charlie",
    "Dani",
    "Eli",
    "Jip",
    "Kim",
    "Loïs",
    "Mika",
    "Noa",
    "Robin",
    "Sam",
    "Sascha",
)
LAST_NAMES = (
    "Voorbeeld",
    "Verzinsel",
    "van Denkbeeld",
    "Fantasie",
    "Bedacht",
    "van Proef",
    "Schijn",
    "Verdicht",
)

JOB_TITLES = (
    "adviseur openbare orde en veiligheid",
    "beleidsadviseur veiligheid",
    "coördinator integrale veiligheid",
    "adviseur radicalisering en polarisatie",
)
UNREACHABLE = (
    "550 5.1.1 Geadresseerde onbekend",
    "550 5.2.1 Postbus gesloten",
    "554 5.4.4 Domein niet gevonden",
)


@dataclass(frozen=True)
class People:
    """The invented users, once they are saved."""

    log_ins: dict[Role, User]
    officers: dict[int, User]  # by municipality
    managers: dict[int, User]  # by province
    vng: User

    def officer_of(self, municipality: Municipality) -> User:
        """Who states for the municipality: its officer, or VNG where it had ended before the system began."""
        return self.officers.get(municipality.pk, self.vng)

    def manager_of(self, municipality: Municipality) -> User:
        """The account manager at VNG."""
        return self.managers.get(municipality.province_id, self.vng)


def domain_of(municipality: Municipality) -> str:
    """A domain under .example, which belongs to nobody (RFC 2606)."""
    return f"{slugify(municipality.name)}.example"


def invented_name(*about: object) -> str:
    """A name that is clearly nobody's."""
    rng = dice("name", *about)
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"


def set_password(password: str) -> int:
    """Give every demonstration log-in this password. Returns how many there are."""
    emails = [email for email, _name in LOG_INS.values()]
    return User.objects.filter(email__in=emails, is_demonstration=True).update(
        password=make_password(password)
    )


def add_people(municipalities: list[Municipality]) -> People:
    """Save the users, one officer for each municipality, and give each municipality its account manager."""
    nobody_logs_in = make_password(None)
    users = {
        email: User(email=email, name=name, role=role, is_demonstration=True, password=nobody_logs_in)
        for role, (email, name) in LOG_INS.items()
    }
    for email, name in MANAGERS:
        users.setdefault(
            email, User(email=email, name=name, role=Role.VNG, is_demonstration=True, password=nobody_logs_in)
        )
    of_log_in = LOG_INS[Role.OFFICER][0]
    officers = {}
    for municipality in municipalities:
        email = of_log_in if municipality.code in (UTRECHT, ZEIST) else f"adviseur@{domain_of(municipality)}"
        officers[municipality.pk] = users.setdefault(
            email,
            User(
                email=email,
                name=invented_name("officer", municipality.code),
                role=Role.OFFICER,
                is_demonstration=True,
                password=nobody_logs_in,
            ),
        )
    User.objects.bulk_create(users.values())
    Membership.objects.bulk_create(
        Membership(user=officers[municipality.pk], municipality=municipality)
        for municipality in sorted(municipalities, key=lambda one: one.code != UTRECHT)  # joined first
    )
    managers = _assign_managers(users, municipalities)
    return People(
        log_ins={role: users[email] for role, (email, _name) in LOG_INS.items()},
        officers=officers,
        managers=managers,
        vng=users[LOG_INS[Role.VNG][0]],
    )


def _assign_managers(users: dict[str, User], municipalities: list[Municipality]) -> dict[int, User]:
    """Each municipality's account manager, by its province."""
    provinces = {municipality.province.code: municipality.province_id for municipality in municipalities}
    managers = {}
    for (email, _name), codes in MANAGERS.items():
        ids = [provinces[code] for code in codes if code in provinces]
        managers.update(dict.fromkeys(ids, users[email]))
        Municipality.objects.filter(
            province__in=ids, pk__in=[municipality.pk for municipality in municipalities]
        ).update(account_manager=users[email])
    return managers


def add_contacts(municipalities: Iterable[Municipality], on: dt.date) -> list[Contact]:
    """Save one or two contacts for most municipalities; a few have none, a few cannot be reached."""
    contacts = []
    for municipality in municipalities:
        rng = dice("contacts", municipality.code)
        fate = rng.random()
        number = 1 + (rng.random() < 0.55)
        if municipality.code in (UTRECHT, ZEIST):
            fate, number = 1.0, 2
        if fate < 0.018:
            continue
        for position, mailbox in enumerate(("veiligheid", "oov")[:number], start=1):
            contact = Contact(
                municipality=municipality,
                position=position,
                name=invented_name("contact", municipality.code, position),
                job_title=rng.choice(JOB_TITLES),
                email=f"{mailbox}@{domain_of(municipality)}",
                provenance=Provenance.DEMONSTRATION,
            )
            if fate < 0.045:
                contact.unreachable_since = working_moment(rng, on - dt.timedelta(days=rng.randint(3, 80)))
                contact.unreachable_reason = rng.choice(UNREACHABLE)
            contacts.append(contact)
    return Contact.objects.bulk_create(contacts)
