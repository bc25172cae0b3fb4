"""Writes one simulated trial as an object-centric event log for process mining, OCEL 2.0 in JSON.

Objects are patients, sites, cell lots and the trial; each event names those it concerns. Source:
https://www.ocel-standard.org.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis.tables import site_names, vocabulary
from sim.core.design import Design
from sim.core.events import AMOUNT, CODE, KIND, KINDS, NUMBER, PERSON, SITE, TIME
from sim.exchange.outgoing.people import moment

Array = npt.NDArray[np.float64]


def ocel(design: Design, rows: Array) -> str:
    """Write the log.

    Args:
        design: the scenario, made ready.
        rows: (n, WIDTH) events of one simulated trial, in order; see `sim.core.events`.

    Returns:
        JSON. Times are those of the simulation, to the second, marked as UTC.
    """
    names = site_names(design)
    words = [vocabulary(design, kind) for kind in range(len(KINDS))]
    objects: dict[str, dict[str, Any]] = {}
    events = []
    for number, row in enumerate(rows, start=1):
        kind = KINDS[int(row[KIND])]
        events.append(
            {
                "id": f"e{number}",
                "type": kind.name,
                "time": f"{moment(design.clock, float(row[TIME]))}Z",
                "attributes": _attributes(row, words[int(row[KIND])]),
                "relationships": [
                    {"objectId": name, "qualifier": role} for role, name in _objects(row, names, objects)
                ],
            }
        )
    used = sorted({int(kind) for kind in rows[:, KIND]})
    data = {
        "objectTypes": [{"name": name, "attributes": []} for name in ("lot", "patient", "site", "trial")],
        "eventTypes": [{"name": KINDS[kind].name, "attributes": _types(kind, words[kind])} for kind in used],
        "objects": [objects[name] for name in sorted(objects)],
        "events": events,
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _objects(row: Array, names: list[str], objects: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """Role and id of each object of an event; new objects are added."""
    found = []
    site = int(row[SITE])
    if site >= 0:
        found.append(("site", f"site {names[site]}"))
    if row[PERSON] >= 0:
        found.append(("patient", f"patient {names[site]}/{int(row[PERSON]) + 1}"))
    if KINDS[int(row[KIND])].number.startswith("lot"):
        found.append(("lot", f"lot {int(row[NUMBER])}"))
    if not found:
        found.append(("trial", "trial"))
    for role, name in found:
        objects.setdefault(name, {"id": name, "type": role, "attributes": [], "relationships": []})
        if role == "patient":
            objects[name]["relationships"] = [{"objectId": f"site {names[site]}", "qualifier": "referred to"}]
    return found


def _types(kind: int, words: tuple[str, ...]) -> list[dict[str, str]]:
    """Attributes of a kind of event, with their types."""
    found = [("number", "float")] if KINDS[kind].number else []
    found += [("detail", "string")] if words else []
    found += [("amount", "float")] if KINDS[kind].amount else []
    return [{"name": name, "type": of} for name, of in found]


def _attributes(row: Array, words: tuple[str, ...]) -> list[dict[str, Any]]:
    """The values of an event that its kind declares: `number`, `detail` (a word of its vocabulary) and `amount`."""
    kind = KINDS[int(row[KIND])]
    found: list[tuple[str, Any]] = [("number", float(row[NUMBER]))] if kind.number else []
    found += [("detail", words[int(row[CODE])])] if words else []
    found += [("amount", float(row[AMOUNT]))] if kind.amount else []
    return [{"name": name, "value": value} for name, value in found]
