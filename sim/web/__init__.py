"""The studio: a web page in which everything that the command line does is done by hand, seen at once, and shared.

A page is a module (or package) of `sim.web.pages`, listed in `PAGES` there, in the order of the navigation. It has

    PATH, TITLE                                address and name
    layout(studio, query) -> Component         what it shows when it is opened; `query` is the parsed query string
    register(app, studio) -> None              its callbacks

and ids of its own that begin with its name (`compare-run`). What it needs from the rest:

    state.State.of(query)                      the scenario that the query names; `.query()` back,
                                               `.changed(path, value)`, `.typed()` as on the command line
    studio.loaded(state) -> Loaded             that scenario, read and checked against the limits (raises InputError)
    studio.visitor                             who asks: `.runs` is the folder of their runs (give `out=` or
                                               `default_folder(identity, studio.visitor.runs)`), `.remember` and
                                               `.remembered` a list of entries
    studio.visitors.keep_text(text) -> hash    an edited or uploaded text, for `?file=<hash>`
    studio.settings.limits, .workers           what may be asked for; `limits.check_limits(scenario, limits, n)`
    work.long_callback.long_callback(app, studio, ...)
                                               as `app.callback`, in a process of its own with progress and cancel
    parts.components                           page_title, answer, figure_with_table, table, command_line, problem_box
    shell.QUERY                                the Store with the query as it now is: an Output to it changes the
                                               address (and the links to other pages) without opening the page anew

Rules: no arithmetic here; errors of people (`InputError`) are caught and shown by `problem_box` at their control, and
one that is not becomes a notice; scripts of our own are files in `assets/` (the security policy allows no other:
clientside callbacks are `ClientsideFunction(namespace, name)`); a figure stands with its table.
"""
