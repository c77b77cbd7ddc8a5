"""The pages that are measured, as whom, and what each may cost.

A page without limits is measured so that a change can be seen. The limits on time hold at the size of the
country: at a hundred times that, a page that counts all municipalities may take longer, but not more queries.
"""

from dataclasses import dataclass

OFFICER, VNG, NCTV = "officer@demo.example", "vng@demo.example", "nctv@demo.example"
FLOOR = "/bench/floor/"


@dataclass(frozen=True)
class Page:
    """A page, as one of the demonstration's log-ins sees it."""

    name: str
    user: str
    path: str
    queries: int | None = None  # at most
    floors: float | None = None  # at most so many times the floor's time
    at_every_size: bool = True


PAGES = (
    Page("start", OFFICER, "/", queries=8, floors=3),
    Page("start", VNG, "/", queries=8, floors=3),
    Page("start", NCTV, "/", queries=8, floors=3),
    Page("register list", OFFICER, "/gemeenten/", queries=5, floors=4.5),
    Page("register list", VNG, "/gemeenten/", queries=5, floors=4.5),
    Page(
        "register list, filtered", VNG, "/gemeenten/?coverage=lapsed&coverage=absent", queries=5, floors=4.5
    ),
    Page("register list, all rows", VNG, "/gemeenten/?per_page=all", queries=5, at_every_size=False),
    Page("municipality", OFFICER, "/gemeenten/GM0344/", queries=8, floors=3),
    Page("municipality", VNG, "/gemeenten/GM0344/", queries=8, floors=3),
    Page("municipality", NCTV, "/gemeenten/GM0363/", queries=8, floors=3),
    Page("comparison", OFFICER, "/gemeenten/GM0344/vergelijken/", queries=12),
    Page("coverage form", OFFICER, "/gemeenten/GM0344/dekking/", queries=12),
    Page("to confirm", OFFICER, "/gemeenten/GM0344/bevestigen/", queries=12),
    Page("contacts", OFFICER, "/gemeenten/GM0344/contacten/", queries=12),
    Page("letters", OFFICER, "/gemeenten/GM0344/raadsbrief/", queries=12),
    Page("safety policies", OFFICER, "/beleidsplannen/", queries=12),
    Page("new safety policy", OFFICER, "/beleidsplannen/nieuw/?gemeente=GM0344", queries=12),
    Page("action plans", OFFICER, "/plannen/", queries=12),
    Page("measures", OFFICER, "/maatregelen/", queries=12),
    Page("measures by phase", OFFICER, "/maatregelen/?gemeente=GM0344&weergave=fase", queries=12),
    Page("board of measures", OFFICER, "/maatregelen/bord/?gemeente=GM0344", queries=12),
    Page("library", OFFICER, "/maatregelen/bibliotheek/", queries=12),
    Page("support", OFFICER, "/ondersteuning/", queries=12),
    Page("what we ask", OFFICER, "/herinneringen/gemeenten/GM0344/", queries=24),
    Page("ledger", VNG, "/herinneringen/", queries=14),
    Page("next run", VNG, "/herinneringen/volgende/", queries=32),
    Page("why", VNG, "/herinneringen/waarom/?gemeente=GM0344", queries=24),
    Page("which reminder works", VNG, "/herinneringen/cijfers/", queries=6),
    Page("pauses", VNG, "/herinneringen/pauzes/", queries=12),
)

WORKER_MEGABYTES = 110
FIRST_ANSWER_SECONDS = 4
