"""Writing what the files say into the register, without ever overwriting what a person decided.

The history tells the two apart: a value is replaced only where it is still the value that load_register wrote
last. So a renamed municipality follows the files, while a merger that a person confirmed, a title that an
administrator corrected or a proposal that an officer answered stays as it is, and is named in the report.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import pghistory
from django.db import connection, models
from django.utils.translation import gettext as _

from municipalities.data_files import SourcedRow
from municipalities.models import (
    GroupMembership,
    Merger,
    MergerPart,
    Municipality,
    MunicipalityGroup,
    PoliceUnit,
    PolicyParticipation,
    Province,
    SafetyPolicy,
    SafetyRegion,
)
from municipalities.register_files import AreaRow, RegisterFiles
from policytracker.provenance import Provenance, Sourced

REASON = "load_register"
LOCK = 2015_01_01  # the key of the advisory lock: two loads at once wait for each other

M = TypeVar("M", bound=models.Model)
S = TypeVar("S", bound=Sourced)
K = TypeVar("K", bound=Hashable)


class Since(Protocol):
    """Anything with a first day, None meaning always."""

    @property
    def since(self) -> dt.date | None: ...


T = TypeVar("T", bound=Since)
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Kept:
    """A row that was left as it is although the files say otherwise."""

    name: str
    reason: str


@dataclass
class TableReport:
    """What happened to one table."""

    table: str
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    kept: list[Kept] = field(default_factory=list)


def refresh_statistics() -> None:
    """Let PostgreSQL look at what was loaded; until it does, it plans for empty tables."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def wait_for_other_loads() -> None:
    """Let one load at a time go on, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def synchronise(
    model: type[M],
    wanted: Mapping[K, Values],
    existing: Mapping[K, M],
    *,
    key_of: Callable[[Any], K],
    initial: Values | None = None,
    locked: Mapping[Any, str] | None = None,
    removable: Collection[K] = (),
    respect_deletion: bool = True,
) -> TableReport:
    """Make the rows of a model what the files say, and report it.

    `wanted` and `existing` share their keys, which also name the rows in the report; `key_of` gives the key
    of a row in the history. `initial` are values that new rows get and that are never compared. `locked` says
    of primary keys why their rows are left alone. Rows in `removable` that the files do not have go, unless a
    person had a hand in them; all other such rows stay. `respect_deletion`: what a person deleted is not
    added again.
    """
    report = TableReport(str(model._meta.verbose_name_plural))
    _remove(model, {key: existing[key] for key in removable if key not in wanted}, report)
    _add(model, wanted, existing, key_of if respect_deletion else None, initial or {}, report)
    _change(model, wanted, existing, locked or {}, report)
    for key in existing:
        if key not in wanted and key not in removable:
            report.kept.append(Kept(_name(key), _("not in the files")))
    return report


def _name(key: Hashable) -> str:
    return ", ".join(str(part) for part in key) if isinstance(key, tuple) else str(key)


def _remove(model: type[M], dropped: Mapping[K, M], report: TableReport) -> None:
    if not dropped:
        return
    latest = {
        event.pgh_obj_id: event
        for event in _events(model)
        .filter(pgh_obj_id__in=[row.pk for row in dropped.values()])
        .order_by("pgh_obj_id", "-pgh_id")
        .distinct("pgh_obj_id")
        .select_related("pgh_context")
    }
    ours = {key for key, row in dropped.items() if row.pk in latest and _is_ours(latest[row.pk])}
    model._default_manager.filter(pk__in=[dropped[key].pk for key in ours]).delete()
    report.removed = len(ours)
    for key in dropped:
        if key not in ours:
            report.kept.append(Kept(_name(key), _("not in the files, but a person had a hand in it")))


def _add(
    model: type[M],
    wanted: Mapping[K, Values],
    existing: Mapping[K, M],
    key_of: Callable[[Any], K] | None,
    initial: Values,
    report: TableReport,
) -> None:
    new = [key for key in wanted if key not in existing]
    if not new:
        return
    deleted = set()
    if key_of:
        events = _events(model).filter(pgh_label="delete").select_related("pgh_context")
        deleted = {key_of(event) for event in events if not _is_ours(event)}
    rows = []
    for key in new:
        if key in deleted:
            report.kept.append(Kept(_name(key), _("deleted by a person")))
        else:
            rows.append(model(**initial, **wanted[key]))
    model._default_manager.bulk_create(rows)
    report.added = len(rows)


def _change(
    model: type[M],
    wanted: Mapping[K, Values],
    existing: Mapping[K, M],
    locked: Mapping[Any, str],
    report: TableReport,
) -> None:
    differing: dict[K, list[str]] = {}
    for key, values in wanted.items():
        if key in existing:
            row = existing[key]
            names = [name for name, value in values.items() if getattr(row, name) != value]
            if names:
                differing[key] = names
            else:
                report.unchanged += 1
    if not differing:
        return
    written = _last_written(model, [existing[key].pk for key in differing])
    labels = {column.attname: column.verbose_name for column in model._meta.concrete_fields}
    changed: list[M] = []
    changed_names: set[str] = set()
    for key, names in differing.items():
        row = existing[key]
        reason = locked.get(row.pk, "")
        ours = [] if reason else _still_ours(row, names, written.get(row.pk))
        for name in ours:
            setattr(row, name, wanted[key][name])
        changed_names.update(ours)
        if ours:
            changed.append(row)
        if left := [name for name in names if name not in ours]:
            reason = reason or _("changed by a person")
            report.kept.append(Kept(_name(key), f"{', '.join(str(labels[name]) for name in left)}: {reason}"))
    if changed:
        model._default_manager.bulk_update(changed, sorted(changed_names))
    report.changed = len(changed)


def _still_ours(row: models.Model, names: list[str], written: Any) -> list[str]:
    """The fields whose value is the one that load_register wrote last."""
    if written is None:
        return []
    return [name for name in names if getattr(row, name) == getattr(written, name)]


def _events(model: type[models.Model]) -> models.QuerySet[Any]:
    (events,) = pghistory.core.event_models(tracks_model=model, include_missing_pgh_obj=True)
    return events._default_manager.all()


def _is_ours(event: Any) -> bool:
    return event.pgh_context is not None and event.pgh_context.metadata.get("reason") == REASON


def _last_written(model: type[models.Model], pks: Collection[Any]) -> dict[Any, Any]:
    """The rows as load_register wrote them last, by primary key."""
    events = (
        _events(model)
        .filter(pgh_obj_id__in=pks, pgh_context__metadata__reason=REASON)
        .order_by("pgh_obj_id", "-pgh_id")
        .distinct("pgh_obj_id")
    )
    return {event.pgh_obj_id: event for event in events}


def source_values(row: SourcedRow) -> dict[str, Any]:
    """The fields of a Sourced model that every row of content has."""
    return {
        "source_key": row.key,
        "source_url": row.source_url,
        "source_note": row.source_note,
        "confidence": row.confidence,
        "source_seen_on": row.seen_on,
    }


def synchronise_sourced(
    model: type[S], wanted: Mapping[str, Values], *, locked: Mapping[Any, str] | None = None
) -> TableReport:
    """As synchronise, for content from a public source; what a person took over is left alone."""
    existing = {row.source_key or "": row for row in model._default_manager.exclude(source_key=None)}
    taken_over = {
        row.pk: _("taken over by a person")
        for row in existing.values()
        if row.provenance != Provenance.PUBLIC_SOURCE
    }
    return synchronise(
        model,
        wanted,
        existing,
        key_of=lambda row: row.source_key,
        initial={"provenance": Provenance.PUBLIC_SOURCE},
        locked={**(locked or {}), **taken_over},
    )


def ids_by(rows: models.QuerySet[Any], name: str) -> dict[Any, Any]:
    """The primary keys of the rows by the value of a field."""
    return dict(rows.values_list(name, "pk"))


def synchronise_links(
    model: type[M],
    wanted: Mapping[tuple[str, ...], Values],
    existing: models.QuerySet[M],
    *,
    ends: Mapping[str, Mapping[Any, Any]],
    initial: Values | None = None,
) -> TableReport:
    """As synchronise, for rows that tie others together; what the files drop goes.

    `ends` names the columns that hold what is tied, each with the primary keys by the names in the files.
    """
    names = {column: {pk: name for name, pk in ids.items()} for column, ids in ends.items()}

    def key_of(row: Any) -> tuple[str, ...]:
        return tuple(names[column].get(getattr(row, column), "") for column in names)

    by_key = {key_of(row): row for row in existing}
    return synchronise(model, wanted, by_key, key_of=key_of, initial=initial, removable=by_key.keys())


def load(files: RegisterFiles) -> list[TableReport]:
    """Write the register's own files, which have no problems, inside the caller's transaction."""
    return [
        _load_areas(Province, files.provinces.rows),
        _load_areas(SafetyRegion, files.safety_regions.rows),
        _load_areas(PoliceUnit, files.police_units.rows),
        _load_municipalities(files),
        *_load_mergers(files),
        *_load_groups(files),
        *_load_safety_policies(files),
    ]


def _load_reference(model: type[models.Model], name: str, wanted: Mapping[K, Values]) -> TableReport:
    """Load a table that everything rests on, in which a field tells the rows apart."""
    existing = {getattr(row, name): row for row in model._default_manager.all()}
    return synchronise(model, wanted, existing, key_of=lambda row: getattr(row, name), respect_deletion=False)


def _load_areas(model: type[Province | SafetyRegion | PoliceUnit], rows: Collection[AreaRow]) -> TableReport:
    return _load_reference(model, "code", {row.code: {"code": row.code, "name": row.name} for row in rows})


def _load_municipalities(files: RegisterFiles) -> TableReport:
    provinces = ids_by(Province.objects.all(), "code")
    safety_regions = ids_by(SafetyRegion.objects.all(), "code")
    police_units = ids_by(PoliceUnit.objects.all(), "code")
    wanted = {
        row.code: {
            "code": row.code,
            "name": row.name,
            "sort_name": row.sort_name,
            "other_names": "\n".join(row.other_names),
            "province_id": provinces[row.province],
            "safety_region_id": safety_regions.get(row.safety_region),
            "police_unit_id": police_units.get(row.police_unit),
            "population": row.population,
            "population_year": row.population_year,
            "longitude": row.longitude,
            "latitude": row.latitude,
            "valid_from": row.valid_from,
            "valid_until": row.valid_until,
        }
        for row in files.municipalities.rows
    }
    return _load_reference(Municipality, "code", wanted)


def _load_mergers(files: RegisterFiles) -> list[TableReport]:
    wanted = {
        row.key: {
            "key": row.key,
            "effective_on": row.effective_on,
            "status": row.status,
            "source": row.source,
            "note": row.note,
        }
        for row in files.mergers.rows
    }
    mergers = _load_reference(Merger, "key", wanted)
    merger_ids = ids_by(Merger.objects.all(), "key")
    codes = ids_by(Municipality.objects.all(), "code")
    parts = synchronise_links(
        MergerPart,
        {
            (row.merger, row.predecessor, row.successor): {
                "merger_id": merger_ids[row.merger],
                "predecessor_id": codes[row.predecessor],
                "successor_id": codes[row.successor],
                "kind": row.kind,
                "is_main": row.is_main,
                "source": row.source,
            }
            for row in files.merger_parts.rows
        },
        MergerPart.objects.filter(merger__in=[merger_ids[row.key] for row in files.mergers.rows]),
        ends={"merger_id": merger_ids, "predecessor_id": codes, "successor_id": codes},
    )
    return [mergers, parts]


def _load_groups(files: RegisterFiles) -> list[TableReport]:
    groups = _load_reference(
        MunicipalityGroup,
        "code",
        {row.code: {"code": row.code, "name": row.name} for row in files.groups.rows},
    )
    group_ids = ids_by(MunicipalityGroup.objects.all(), "code")
    group_names = {pk: code for code, pk in group_ids.items()}
    codes = ids_by(Municipality.objects.all(), "code")
    code_names = {pk: code for code, pk in codes.items()}

    def member(row: Any) -> tuple[str, str]:
        return group_names.get(row.group_id, ""), code_names.get(row.municipality_id, "")

    members = synchronise(
        GroupMembership,
        {
            key: {
                "group_id": group_ids[row.group],
                "municipality_id": codes[row.municipality],
                "since": row.since,
                "until": row.until,
            }
            for key, row in _numbered(
                files.group_members.rows, lambda row: (row.group, row.municipality)
            ).items()
        },
        _numbered(GroupMembership.objects.all(), member),
        key_of=lambda row: (*member(row), 1),
    )
    return [groups, members]


def _numbered(rows: Iterable[T], member: Callable[[T], tuple[str, str]]) -> dict[tuple[str, str, int], T]:
    """Memberships by group, municipality and order in time: corrected days change a row, not its key."""
    periods: dict[tuple[str, str], list[T]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.since or dt.date.min):
        periods[member(row)].append(row)
    return {
        (*key, number): row for key, several in periods.items() for number, row in enumerate(several, start=1)
    }


def _load_safety_policies(files: RegisterFiles) -> list[TableReport]:
    wanted = {
        row.key: {
            **source_values(row),
            "title": row.title,
            "kind": row.kind,
            "starts_on": row.starts_year and dt.date(row.starts_year, 1, 1),
            "ends_on": row.ends_year and dt.date(row.ends_year, 12, 31),
            "adopted_on": row.adopted_on,
            "published_in_force_on": row.in_force_on,
            "cvdr_id": row.cvdr_id,
            "theme_seen": row.theme_seen,
            "theme_as": row.theme_as,
        }
        for row in files.safety_policies.rows
    }
    answered = PolicyParticipation.objects.exclude(status=PolicyParticipation.Status.PROPOSED)
    locked = dict.fromkeys(
        answered.values_list("policy_id", flat=True), _("a municipality answered the proposal")
    )
    policies = synchronise_sourced(SafetyPolicy, wanted, locked=locked)
    policy_ids = ids_by(SafetyPolicy.objects.published().exclude(source_key=None), "source_key")
    codes = ids_by(Municipality.objects.all(), "code")
    published = [row for row in files.safety_policies.rows if row.key in policy_ids]
    participations = synchronise_links(
        PolicyParticipation,
        {
            (row.key, code): {"policy_id": policy_ids[row.key], "municipality_id": codes[code]}
            for row in published
            for code in row.municipalities
        },
        PolicyParticipation.objects.filter(policy__in=[policy_ids[row.key] for row in published]),
        ends={"policy_id": policy_ids, "municipality_id": codes},
        initial={"status": PolicyParticipation.Status.PROPOSED},
    )
    return [policies, participations]
