"""Countries to choose from, with their public holidays known.

The list is that of the library `holidays`, which knows the days.
"""

from __future__ import annotations

from functools import lru_cache

from holidays.registry import COUNTRIES


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {codes[1]: key.replace("_", " ").title() for key, codes in sorted(COUNTRIES.items())}


def name_of(code: str) -> str:
    """The name of a country; empty if the code is unknown.

    Args:
        code: ISO 3166-1 code of two letters, in any case.
    """
    return _names().get(code.upper(), "")


def country_options() -> list[dict[str, str]]:
    """All countries whose public holidays are known, as options of a choice, in the order of their names."""
    return [{"value": code, "label": f"{name} ({code})"} for code, name in _names().items()]
