"""ISO 3166 codes of countries, by the names that planners and registries use.

The list of names is that of the library `holidays`; here are only the spellings of registries that differ from it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SPELT_OTHERWISE = {
    "korea_republic_of": "KR",
    "republic_of_korea": "KR",
    "korea": "KR",
    "russian_federation": "RU",
    "czech_republic": "CZ",
    "turkiye": "TR",
    "iran_islamic_republic_of": "IR",
    "moldova_republic_of": "MD",
    "tanzania_united_republic_of": "TZ",
    "viet_nam": "VN",
    "united_states_of_america": "US",
    "usa": "US",
    "uk": "GB",
    "great_britain": "GB",
    "united_kingdom_of_great_britain_and_northern_ireland": "GB",
    "macedonia_the_former_yugoslav_republic_of": "MK",
    "north_macedonia": "MK",
    "the_netherlands": "NL",
    "congo_the_democratic_republic_of_the": "CD",
    "cote_d_ivoire": "CI",
    "bolivia_plurinational_state_of": "BO",
    "venezuela_bolivarian_republic_of": "VE",
    "syrian_arab_republic": "SY",
    "lao_people_s_democratic_republic": "LA",
    "palestinian_territory_occupied": "PS",
}


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    """Two-letter code by name, by code of two and by code of three letters."""
    from holidays.registry import COUNTRIES  # a tenth of a second, and only where a name is asked for

    by_code = {code.lower(): names[1] for names in COUNTRIES.values() for code in names[1:3]}
    return by_code | {name: names[1] for name, names in COUNTRIES.items()} | _SPELT_OTHERWISE


def key_of(text: str, *, keeps_case: bool = False) -> str:
    """Turn a name into a key for a scenario file: letters, digits and underscores. It may be empty.

    Args:
        text: a name in any alphabet; letters that have no ASCII form are dropped.
        keeps_case: whether capitals stay, as in a name that people read; otherwise all letters become lower-case.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "_", plain if keeps_case else plain.lower()).strip("_")


def code_of(country: str) -> str | None:
    """Return the two-letter code of a country.

    Args:
        country: a name in the spelling of a registry, or a code of two or three letters.

    Returns:
        The code in capitals; None where the name is not known.
    """
    return _codes().get(key_of(country))
