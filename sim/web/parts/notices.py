"""Notices at the corner of a page: what could not be done, whichever page asked for it.

A defect in a callback would otherwise leave a page that silently stands still.
"""

from __future__ import annotations

import secrets
from typing import Any

from dash import no_update, set_props

from sim.errors import InputError
from sim.web.parts.words.studio import problem_in_studio, told_in_studio
from sim.web.safety import noted
from sim.web.visitors import DISK_FULL, is_full
from sim.web.work.jobs import MESSAGE

NOTICES = "shell-notices"


def callback_failed(error: Exception) -> Any:
    """An error in a callback as a notice on the page; `on_error` of the app.

    Args:
        error: an `InputError` or a full disk is told in its own words; anything else is logged, and told by a
            reference.

    Returns:
        What Dash puts into the outputs: no update.
    """
    text = str(error)
    if isinstance(error, InputError):
        title, message = "This cannot be done", "\n".join(str(problem_in_studio(found)) for found in error.problems)
    elif is_full(error):
        title, message = "This cannot be done", DISK_FULL
    elif MESSAGE in text:  # a job that raised a message for people
        title, message = "This cannot be done", told_in_studio(text.partition(MESSAGE)[2].strip())
    else:
        title = "Something went wrong"
        message = f"This is a defect of the studio. Its log has the details, under {noted(error)}."
    notice = {
        "id": secrets.token_hex(4),
        "action": "show",
        "title": title,
        "message": message,
        "color": "red",
        "autoClose": False,
    }
    set_props(NOTICES, {"sendNotifications": [notice]})
    return no_update
