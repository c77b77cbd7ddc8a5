"""Is there invented data in this database? Then every page and every mail must say so."""

from django.core.cache import cache
from django.http import HttpRequest

from accounts.models import User

CACHE_KEY = "demonstration"
CACHE_SECONDS = 60


def has_demonstration_data() -> bool:
    """Whether demonstration data was ever loaded here; asked of the database once a minute per process.

    The demonstration always comes with its own log-ins, so that these tell.
    """
    answer = cache.get(CACHE_KEY)
    if answer is None:
        answer = User.objects.filter(is_demonstration=True).exists()
        cache.set(CACHE_KEY, answer, CACHE_SECONDS)
    return answer


def demonstration(request: HttpRequest) -> dict[str, bool]:
    """Context processor: `demonstration`, whether the page must carry the mark."""
    return {"demonstration": has_demonstration_data()}
