"""The studio: a web page that does what the command line does, shows each answer at once, and shares it by a link.

A page is a module (or package) of `sim.web.pages`, listed in `PAGES` there, in the order of the navigation. It has

    PATH, TITLE                                address and name
    layout(studio, query) -> Component         its content when opened; `query` is the parsed query string
    register(app, studio) -> None              its callbacks
    IN_NAVIGATION = False                      if one comes to it from other pages only

and ids of its own that begin with its name (`compare-run`). What it needs from the rest:

    state.State.of(query)                      the scenario that the query names; `.query()` back,
                                               `.changed(path, value)`, `.typed()` as on the command line
    studio.loaded(state) -> Loaded             that scenario, read and checked against the limits (raises InputError)
    studio.visitor                             the current visitor: `.runs` is the folder of their runs (give `out=` or
                                               `default_folder(identity, studio.visitor.runs)`), `.remember` and
                                               `.remembered` a list of entries
    studio.visitors.keep_text(text) -> hash    an edited or uploaded text, for `?file=<hash>`
    studio.settings.limits, .workers           limits of a question; `limits.check_limits(scenario, limits, n)`
    work.long_callback.long_callback(app, studio, ...)
                                               as `app.callback`, in a process of its own with progress and cancel
    parts.components                           page_title, answer, figure_with_table, table, command_line, problem_box
    shell.QUERY                                the Store with the current query: an Output to it changes the address
                                               (and the links to other pages) without reloading the page

Rules: no arithmetic here; input errors (`InputError`) are caught and shown by `problem_box` at their control, and an
uncaught one becomes a notice; our own scripts are files in `assets/` (the security policy allows no others: clientside
callbacks are `ClientsideFunction(namespace, name)`); every figure has its table.
"""
