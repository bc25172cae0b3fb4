"""How often the rules of a scenario act, and when first: caps, amendments and interim looks. Data frames in and out.

Days are medians over all trials, so that they can be compared between rules; a rule that acts in fewer than half of
them has none.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.analysis import intervals
from sim.analysis.summary import NO_ESTIMATE, Table, columns_of, finished
from sim.core.design import Design
from sim.scenario.schema import amendments, caps, interims


def cap_table(design: Design, frame: Table) -> pd.DataFrame:
    """How often each cap is reached, when first, and how many patients it turns away on average.

    Args:
        design: the scenario, made ready.
        frame: replications.

    Returns:
        A row for each cap. The day is P50 over all trials; infinity if the cap is reached in fewer than half of them.
    """
    done, rows = finished(frame), []
    for name in design.caps:
        when = done[f"first_day_{name}_reached"].to_numpy(dtype=np.float64)
        came = intervals.probability(int(np.count_nonzero(~np.isnan(when))), len(when))
        away = intervals.mean(done[f"n_turned_away_by_{name}"].to_numpy(dtype=np.float64))
        row: dict[str, object] = {"cap": name, "meaning": caps.in_words(name, design.scenario.caps[name])}
        row |= columns_of("share", came) | columns_of("p50", intervals.quantile(when, 0.5)) | columns_of("away", away)
        rows.append(row)
    columns = [
        "cap",
        "meaning",
        *columns_of("share", NO_ESTIMATE),
        *columns_of("p50", NO_ESTIMATE),
        *columns_of("away", NO_ESTIMATE),
    ]
    return pd.DataFrame(rows, columns=columns).set_index("cap")


def amendment_table(design: Design, frame: Table) -> pd.DataFrame:
    """How often each amendment is decided and in force, and from when.

    Args:
        design: the scenario, made ready.
        frame: replications.

    Returns:
        A row for each amendment. The day is P50 over all trials; infinity if it is in force in fewer than half of them.
    """
    done, rows = finished(frame), []
    for name in design.amendments:
        decided, when = (done[f"day_{name}_{word}"].to_numpy(dtype=np.float64) for word in ("decided", "in_force"))
        rule = design.scenario.amendments[name]
        row: dict[str, object] = {"amendment": name, "meaning": amendments.in_words(name, rule)}
        for column, days_of in (("share", decided), ("in_force", when)):
            came = int(np.count_nonzero(~np.isnan(days_of)))
            row |= columns_of(column, intervals.probability(came, len(days_of)))
        rows.append(row | columns_of("p50", intervals.quantile(when, 0.5)))
    columns = [
        "amendment",
        "meaning",
        *columns_of("share", NO_ESTIMATE),
        *columns_of("in_force", NO_ESTIMATE),
        *columns_of("p50", NO_ESTIMATE),
    ]
    return pd.DataFrame(rows, columns=columns).set_index("amendment")


def interim_table(design: Design, frame: Table) -> pd.DataFrame:
    """How often each interim look takes place, when first, and what is decided.

    Args:
        design: the scenario, made ready.
        frame: replications.

    Returns:
        A row for each look. The day is P50 over all trials; infinity if fewer than half of them have the look.
    """
    done, rows = finished(frame), []
    for name in design.interims:
        rule = design.scenario.interims[name]
        when = done[f"first_day_{name}_look"].to_numpy(dtype=np.float64)
        looks, stops, enlarged = (
            done[f"n_{what}_{name}"].to_numpy(dtype=np.float64) for what in ("looks", "stops", "enlargements")
        )
        row: dict[str, object] = {"interim": name, "meaning": interims.in_words(name, rule)}
        row |= {"may_be_stopped": rule.stop != 0, "may_be_enlarged": rule.enlarge != 0}
        for column, counts in (("share", looks), ("stopped", stops), ("enlarged", enlarged)):
            row |= columns_of(column, intervals.probability(int(np.count_nonzero(counts)), len(counts)))
        rows.append(row | columns_of("looks", intervals.mean(looks)) | columns_of("p50", intervals.quantile(when, 0.5)))
    estimates: list[str] = []
    for prefix in ("share", "stopped", "enlarged", "looks", "p50"):
        estimates += columns_of(prefix, NO_ESTIMATE)
    columns = ["interim", "meaning", "may_be_stopped", "may_be_enlarged", *estimates]
    return pd.DataFrame(rows, columns=columns).set_index("interim")
