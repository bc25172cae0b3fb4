"""How the compiled engine lays out a replication in memory: a record for each person, site, lot and rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core.people import DRAWS_A_ROW

# What an entry of the calendar does. STEP, TRIGGER and WAKE continue a person's journey: on a day; when something that
# they wait for happens; and one step of the calendar after that, as SimPy does with the callbacks of an event.
(
    STEP,
    TRIGGER,
    WAKE,
    INTERRUPT,
    SITE_STEP,
    REOPENED,
    LOOK_FOR_END,
    HORIZON,
    FOLLOW_UP_ENDS,
    RESUME,
    REVIEW,
    REVIEW_ENDS,
    LOT_EXPIRES,
    BANK_OPENS,
    LOCK,
    WATCH,
    CLOSING_DATE,
    LOT_STEP,
    TOLD,
    COMPLETES,
    DECIDED,
    IN_FORCE,
    SITE_OPENS,
    SITE_CHANGES,
    LOOK,
    LOOK_DECIDES,
    STEP_ENDS,
    RISK_STRIKES,
) = range(28)

# What a person waits for; from DUE on, a participant who is given doses.
DONE, RETURNING, QUEUEING, TESTS, TESTS_CUT, AWAITING, DUE, FIT, CELLS, BAY, HOLD, IN_BAY = range(12)

# What a site waits for; at NOBODY_COMES, for another rate.
ACTIVATION, FIRST_REOPENING, REFERRAL, REOPENING, NOTHING, NOBODY_COMES = range(6)

# A claim on cells.
NO_CLAIM, CLAIM_WAITS, CLAIM_GRANTED, CLAIM_THAWED = range(4)

# How the kernel ends: all replications are there, or one of them needs more of something, or SimPy.
READY, NEEDS_BLOCK, NEEDS_ROOM, NEEDS_LOTS, NEEDS_HOLDS, NEEDS_LOOKS, NEEDS_SIMPY = range(7)

NEVER, BEFORE_FIRST_DOSE, NOT_EVALUABLE = range(3)  # who is replaced
SIMPLE, PERMUTED_BLOCKS, MINIMISATION, BIASED_COIN, URN = range(5)  # methods of randomisation
GOES_ON, PAUSES_AT_LOOK, PAUSES_WHEN_RANDOMISED = range(3)  # recruitment, for an interim look
CONSTANT, UNIFORM, TRIANGULAR = range(3)  # families of a value that is drawn while the trial runs

THEN_WATCH = -1  # a `later_reason`: go on watching; the others are codes of closing

N_PAUSES = 5  # reasons for which randomisation pauses
MOST_REVIEWS = 8
BY_RULE_OF_HOLDS, BY_STOPPING_RULE = range(2)
NOBODY = -1

_F, _I = np.float64, np.int64


def _record(floats: str, integers: str, *more: tuple[Any, ...]) -> np.dtype[Any]:
    """A record of named floats and integers, and of arrays."""
    fields = [(name, _F) for name in floats.split()] + [(name, _I) for name in integers.split()]
    return np.dtype([*fields, *more], align=True)


ENTRY = _record("time", "key kind who token")

# What a step of drawing does: numbers for a purpose; a loop of numpy; a wider type; one of two values; a place among
# cuts. A step has the addresses of what it needs and, as the last argument, of its result, with the distance of one
# value from the next; of a loop, the function and the data that it is given.
UNIFORM_NUMBERS, LOOP, CAST, CHOOSE, SEARCH = range(5)
N_ARGUMENTS = 4
DRAWING_STEP = _record(
    "",
    "op n function data",
    ("key", np.uint64),
    ("arguments", _I, (N_ARGUMENTS,)),
    ("strides", _I, (N_ARGUMENTS,)),
    ("tables", _I, (N_ARGUMENTS,)),
)
OUTPUT = _record("", "address stride")  # of the drawing steps

# The scenario's values in one replication.
RULES = _record(
    "starts begins horizon window mean_to_deterioration patience return_after days days_again p_return delay "
    "dose_window p_unfit p_mild p_severe p_lost p_failure shelf_life reorder_below expected_yield start_cells "
    "unfit_days unfit_low unfit_mode unfit_high most_wanted most_cells_per_kg deviation p_missed "
    "lock_days days_between observed_days p_hold treatment_days not_before latest last_visits_days last_visits_low "
    "last_visits_mode last_visits_high pull",
    "unfit_family last_visits_family is_event_driven n_events_needed counted_ways has_latest waiting_arms "
    "replication never_starts target lets_in replace n_ways has_follow_up lasting weekdays_only "
    "weekday has_cells n_suites doses_needed has_doses n_sentinels n_reviews review_pauses pauses_while_observing "
    "has_stop stop_reactions stop_among stop_ends has_hold method n_unit n_sizes by_site n_strata n_other_levels "
    "n_visits first_visit n_told_first most_events column_deteriorates column_days column_days_again column_patience "
    "column_return_after column_return column_delay first_column_leaving column_consent column_chart_return "
    "lasting_on_chart",
    ("review_after", _I, (MOST_REVIEWS,)),
    ("review_days", _F, (MOST_REVIEWS,)),
)

PERSON = _record(
    "referred window_ends deteriorates weight returns gives_up last_moment randomised dose_started first_due ends "
    "last_visit cells amount due target earliest",
    "site referral drawn chart_failed tests_failed consents stratum levels in_screening is_known attempt "
    "is_returning is_queueing has_agreed state "
    "token is_triggered has_place has_coordinator next_in_line arm number participant "
    "n_doses_given n_doses_over n_doses_due treated_rank way_out has_left is_followed is_dosing n_done n_left "
    "dose_attempt claim first_part last_part next_claim has_asked_bay has_bay",
)

SITE = _record(
    "activates per_month opens last_randomised closed_on days_to_open drought_days closing_day ramp_days "
    "start_fraction reached full_from before in_ramp ramp_edge ramp_cumulative consent late_days",
    "n_coordinators n_bays closes coordinators bays first_for_coordinator last_for_coordinator first_for_bay "
    "last_for_bay n_randomised is_closed most row waits_for n_blocks block first_block next end awaits_reopening "
    "first_edge n_edges has_ramp ramp_piece piece waits group is_changing awaits token n_changes dropped "
    "has_consent first_counter n_counters "
    "first_step n_steps first_step_days",
    ("word", np.uint64),
)

CLOSES_NEVER, CLOSES_ON_DATE, CLOSES_IN_DROUGHT = range(3)

N_RULES_OF_HOLDS = 2
PART = _record("cells", "lot next")  # of the cells that a claim takes: from one lot
LOT = _record("cells expires", "is_gone is_on_shelf is_harvested next_lot lot_before")
ARM = _record(
    "cells_per_kg amount share balls balls_at_start more_balls behind",
    "is_drug is_by_weight n_doses first_dose is_sentinel first_hazard",
)
WEEK = _record("week bay_hours", "row column")  # of a dose or a visit: its row of draws; of a dose: time in the bay
HAZARD = _record("last_rate ratio", "first n")  # of pieces; the hazard is `ratio` times what they say
DRAWS_OF_WEEK = _record("", "first_tick has_visit has_dose", ("key", np.uint64))
BLOCK_DRAWN = _record("", "n start end next")
EDGE = _record("day integral factor", "")  # of a calendar: from a day on, what it has come to, and its factor
PATIENT = _record("weight days_since_decompensation", "position chart_failed tests_failed consents levels")
# Of an amendment: arms and criteria are bits; the groups that it opens are GROUP_OPENED from `first_group` on; -1 for
# no number; `since` is the day on which it came into force.
AMENDMENT = _record(
    "day after_days consent referrals_times since",
    "at_randomised fewer_than first_group n_groups opens_arms closes_arms is_over drops in_screening has_consent",
)
CHANGE = _record("reached without factor", "")  # of a site's rate, as in `sim.core.intensity.ChangingIntensity`
# Of start-up after an amendment: `shared` is the place of a step that sites share among the ends of all such, or -1;
# the steps that it waits for are listed from `first_before` on.
START_UP_STEP = _record("end", "code place shared first_before n_before")
RISK = _record("days", "strikes delays_step is_struck")  # to activation (-1) or a step; -2 to neither
# Of an interim look: its looks from `first_look` on, in order of their numbers; participants are spaced up to a number.
INTERIM = _record(
    "days_between p_stop p_enlarge followed_days",
    "more recruitment every at_events counted_ways spaced_until first_look n_looks next_look n_events",
)
LOOK_DRAWN = _record("takes_days u", "rule number")
GROUP_OPENED = _record("", "first_site end")
# A counter of a cap, on an arm or at sites; `code` is that of the cap. It was full in spans from `first_span` on.
COUNTER = _record(
    "since", "code arm limit site of_screening has_stratum is_by_tests lets_in n is_full first_span last_span"
)
CAP_SPAN = _record("start end", "next")
TOLD_ROW = _record("day number amount", "kind site code while_recruiting")


# Numbers that are kept in lists: each record is the n-th of all of them.
# inside: people from consent to randomisation. waiting: eligible people who wait for a place. reopening: sites that
# wait for recruitment. participant: people by order of randomisation.
# later_site, later_reason: what is to be done with sites when recruitment reopens. other: for a list that is soon used.
LINE = _record("", "inside waiting reopening participant later_site later_reason other")
SPAN = _record("recruits_from recruits_to paused_from paused_to", "")  # days, likewise
EVENT = _record("time kind site person number code amount", "")  # in the order of `sim.core.events.COLUMNS`
ENDED = _record("time", "site person kind failed code")  # as `sim.core.events.EndedAtOnce`
PIECE = _record("day cumulative", "")  # of a hazard: where it starts, and the cumulative hazard there
LOT_DRAWS = _record("culture_days cells release_days failure_u", "")
WORD = _record("", "", ("word", np.uint64))
# Of minimisation: how a level follows from the stratum (or, if `n` is 0, is the site), and where its counts begin.
FACTOR = _record("", "divisor n first")
LIST = _record("", "used left")  # of allocation: numbers used, and arms left of the block
PLACE = _record("", "x")
NUMBER = _record("x", "")
REFERRAL_DRAWN = _record("day", "fate failed")
DRAWS = _record("", "", ("u", _F, (DRAWS_A_ROW,)))  # a participant's uniform numbers for a week

TABLES = (
    "rules heap people sites lots log visits ended lines spans arms weeks hazards pieces told lot_draws words lists "
    "blocks_of_arms keys_of_block codes draws_of_week draws block_of blocks referrals patients values "
    "parts holds amendments concerns changes groups_opened start_up_steps steps_before step_days shared_known "
    "shared_ends risks risks_of_groups interims looks counters counters_of_site cap_holds cap_spans totals "
    "factors counts shares summands drawing_steps own_parameters parameters outputs edges chosen"
)

# A replication as a whole: what changes in it, sizes, what it has written, and the addresses of its tables, which
# `sim.compiled.memory` explains. Tables whose records have several indices are in order of the first, then the second:
# concerns (amendment, site), changes (site, change), risks_of_groups (risk, group), counts (level, arm), cap_holds
# (cap, levels), block_of (site, block), holds (rule, hold), draws (participant, week), blocks_of_arms (list, arm),
# referrals (block, position), values (patient, column).
WORLD = _record(
    "now reopened_on held_until stock_cells stock_claimed promised",
    "n_scheduled n_heap n_popped is_finished is_locking recruiting is_over admitting n_randomised n_needed n_people "
    "n_rows n_inside n_following reason_closed n_waiting n_reopening n_later n_reopened n_seen n_in_culture "
    "n_on_the_way n_lots n_shelf first_claim last_claim first_lot last_lot n_sentinels n_treated n_severe_early "
    "n_holds ended_dosing n_events is_completed is_stopped n_pending n_holding open_pause closed_arms full_arms "
    "no_arm n_intervals n_pauses last_token "
    "status needs_site needs_block n_visits_written n_ended_written "
    "n_sites n_groups n_arms n_amendments n_shared n_risks n_interims most_an_event n_caps n_counters n_cap_spans "
    "n_levels n_told "
    "n_factors n_counts n_weeks n_columns n_site_blocks n_lists longest_block "
    "draws_itself n_parameters end_of_same end_of_gaps end_of_chart end_of_people n_blocks n_patients n_chosen "
    "portion drawn_site drawn_block drawn_tick n_parts free_part n_holds_drawn "
    "room_heap room_people room_log room_visits room_ended room_lines room_spans room_draws room_lots room_blocks "
    "room_patients room_parts room_cap_spans " + TABLES,
    ("seed", np.uint64),
    ("key", np.uint64),
    ("paused_until", _F, (N_PAUSES,)),
    ("is_paused", _I, (N_PAUSES,)),
)
