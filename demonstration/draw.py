"""Chance that always falls the same way, so that the demonstration is the same on every machine.

Every subject draws from dice of its own: what is added for one municipality or topic changes no other.
"""

import datetime as dt
import random
from collections.abc import Mapping
from typing import TypeVar

from django.utils import timezone

SEED = "2026-1"

T = TypeVar("T")


def dice(*about: object) -> random.Random:
    """The dice of a subject, such as the topic and the code of a municipality."""
    return random.Random("/".join([SEED, *map(str, about)]))  # noqa: S311 (invented data, no secret)


def pick(rng: random.Random, weights: Mapping[T, float]) -> T:
    """One of the keys, each as likely as its weight says."""
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def day_between(rng: random.Random, first: dt.date, last: dt.date) -> dt.date:
    """A day from `first` to `last`; `first` where the two are the wrong way round."""
    return first + dt.timedelta(days=rng.randint(0, max(0, (last - first).days)))


def working_moment(rng: random.Random, day: dt.date) -> dt.datetime:
    """A moment in office hours on the day, or on the Friday before where it falls in a weekend."""
    day -= dt.timedelta(days=max(0, day.weekday() - 4))
    return timezone.make_aware(dt.datetime.combine(day, dt.time(rng.randint(9, 16), rng.randint(0, 59))))
