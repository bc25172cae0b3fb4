"""Matches names of sites that differ only in spelling: `001`, `1` and `Site 1`; `North` and `NORTH `.

Only certain differences are ignored. Names that are merely alike are never matched: the sites could be two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_PART = re.compile(r"\d+|[^\W\d_]+")
_LEADS = {"site", "centre", "center", "centro", "zentrum", "no", "nr", "number", "clinic"}
_DECIMAL = re.compile(r"(\d+)\.0+")


def same_site(name: str) -> tuple[str, ...]:
    """Return a key of a name that ignores case, spaces, punctuation and leading zeros.

    Args:
        name: as written; `12.0` is `12`, because spreadsheets write it so.

    Returns:
        Its words and numbers in their order.
    """
    name = _DECIMAL.fullmatch(name.strip())[1] if _DECIMAL.fullmatch(name.strip()) else name  # type: ignore[index]
    plain = unicodedata.normalize("NFKC", name).casefold()
    return tuple(part.lstrip("0") or "0" if part.isdigit() else part for part in _PART.findall(plain)) or (plain,)


def bare_site(name: str) -> tuple[str, ...]:
    """Return the key of a name without a leading word such as `Site`, unless nothing else is in it.

    Args:
        name: the name as the file has it.

    Returns:
        The parts by which names are compared; see `same_site`.
    """
    parts = same_site(name)
    while len(parts) > 1 and parts[0] in _LEADS:
        parts = parts[1:]
    return parts


def one_name_each(names: Iterable[str]) -> dict[str, str]:
    """Choose one spelling for names that differ only in spelling, or by a leading `Site`: the most frequent one.

    Args:
        names: names as often as the data have them; empty ones are left out.

    Returns:
        The chosen spelling by name.
    """
    counts: dict[str, int] = {}
    for name in names:
        if name:
            counts[name] = counts.get(name, 0) + 1
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in counts:
        groups.setdefault(bare_site(name), []).append(name)
    return {name: max(group, key=lambda one: counts[one]) for group in groups.values() for name in group}


def matched(ours: Iterable[str], theirs: Iterable[str]) -> dict[str, str]:
    """Match the names of two tables, where exactly one name on each side fits.

    Equal names are matched first, then those equal but for spelling, then those equal without a leading word.

    Args:
        ours: names of sites, each once.
        theirs: names of sites in the other table, each once.

    Returns:
        Their name by our name; names without a match are left out.
    """
    left, right = list(ours), list(theirs)
    found: dict[str, str] = {}
    for key in (str, same_site, bare_site):
        mine = _by_key([name for name in left if name not in found], key)
        other = _by_key([name for name in right if name not in set(found.values())], key)
        for said, names in mine.items():
            if len(names) == 1 and len(other.get(said, ())) == 1:
                found[names[0]] = other[said][0]
    return found


def _by_key(names: list[str], key: object) -> dict[object, list[str]]:
    groups: dict[object, list[str]] = {}
    for name in names:
        groups.setdefault(key(name), []).append(name)  # type: ignore[operator]
    return groups
