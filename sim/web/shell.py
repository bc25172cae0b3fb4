"""The frame of every page: header, navigation, the dark-mode switch, and the routing from addresses to pages.

The store `QUERY` holds the query of the page as it now is. What writes to it changes the address, and the links to
other pages, without opening the page again; an address that is opened goes through `show`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html

from sim.errors import InputError
from sim.web.parts.components import page_title, problem_box
from sim.web.parts.notices import NOTICES
from sim.web.safety import noted
from sim.web.visitors import tab_of_request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from sim.web.studio import Studio


_BAR_PX = 56  # as --bar in assets/scale.css
_FRESH = "/new"  # a new trial begins without the scenario of the page
QUERY = "shell-query"  # the store that holds the query of the page as it now is; what changes it changes the address

THEME = {
    "primaryColor": "blue",
    "primaryShade": {"light": 8, "dark": 8},
    "fontFamily": "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
    "autoContrast": True,
    "defaultRadius": "sm",
    "fontSizes": {"xs": "0.75rem", "sm": "0.8125rem", "md": "0.9375rem", "lg": "1.0625rem", "xl": "1.25rem"},
    "respectReducedMotion": True,
}


class Page(Protocol):
    """A page of the studio: a module of `sim.web.pages`.

    Attributes:
        PATH: its address.
        TITLE: its name in the navigation and in the browser's window.
    """

    PATH: str
    TITLE: str

    def layout(self, studio: Studio, query: Mapping[str, Sequence[str]]) -> Component:
        """The content of the page when it opens.

        Args:
            studio: the studio.
            query: the parsed query of the address.

        Raises:
            InputError: the address names what is not there; the frame shows the message.
        """
        ...

    def register(self, app: Dash, studio: Studio) -> None:
        """Add the page's callbacks."""
        ...


def shell(pages: Sequence[Page]) -> Component:
    """The frame of all pages.

    Args:
        pages: in the order of the navigation; the first is home.
    """
    links = [_link(page) for page in pages[1:] if getattr(page, "IN_NAVIGATION", True)]
    header = dmc.AppShellHeader(
        html.Div(
            [
                dcc.Link("trialclock", href="/", className="brand", title="Home: choose a stage or a scenario"),
                html.Nav(links, className="nav", id="shell-nav", **{"aria-label": "Pages"}),
                dmc.ColorSchemeToggle(
                    lightIcon=_scheme("☾", "Dark"),
                    darkIcon=_scheme("☀", "Light"),
                    variant="default",
                    size="lg",
                    id="shell-scheme",
                    className="scheme",
                    **{"aria-label": "Switch between dark and light"},
                ),
            ],
            className="header",
        )
    )
    return dmc.MantineProvider(
        [
            html.A("Skip to the page", href="#page", className="skip"),
            dcc.Location(id="shell-url", refresh="callback-nav"),
            dcc.Store(id=QUERY),
            dcc.Store(id="shell-title"),
            html.Div(id="shell-nothing", hidden=True),
            dmc.NotificationContainer(id=NOTICES, position="top-right"),
            dmc.AppShell(
                [header, dmc.AppShellMain(html.Div(id="page", className="page", tabIndex=-1))],
                header={"height": _BAR_PX},
                padding="md",
            ),
        ],
        theme=THEME,
        defaultColorScheme="auto",
    )


def _scheme(icon: str, name: str) -> Component:
    """What the switch of the scheme says: where it leads to."""
    return html.Span([icon, html.Span(f"\u2002{name}", className="scheme-word")])


def _link(page: Page) -> Component:
    if page.PATH == _FRESH:
        return dcc.Link(page.TITLE, href=page.PATH, className="nav-link")
    return html.A(page.TITLE, href=page.PATH, className="nav-link keeps-scenario")


def register(app: Dash, studio: Studio, pages: Sequence[Page]) -> None:
    """Add the callbacks of the frame: the page of an address, its title, and links that keep the scenario.

    Args:
        app: the app.
        studio: the studio.
        pages: all pages.
    """
    by_path = {page.PATH: page for page in pages}

    @app.callback(
        Output("page", "children"),
        Output("shell-title", "data"),
        Output(QUERY, "data"),
        Input("shell-url", "pathname"),
        Input("shell-url", "search"),
        State(QUERY, "data"),
    )
    def show(path: str | None, search: str | None, _: str | None) -> Any:
        """The page of an address that was opened; jobs of the page before are ended."""
        tab = tab_of_request()
        if tab:
            studio.jobs.end_of_tab(tab)  # jobs of the page before
        page = by_path.get((path or "/").rstrip("/") or "/")
        query = search or ""
        if page is None:
            return _nothing_here(pages), "Nothing here", ""
        return _opened(page, studio, query), page.TITLE, query

    app.clientside_callback(
        ClientsideFunction("studio", "titled"), Output("shell-nothing", "title"), Input("shell-title", "data")
    )
    app.clientside_callback(
        ClientsideFunction("studio", "addressed"),
        Output("shell-nothing", "children"),
        Input(QUERY, "data"),
        State("shell-url", "pathname"),
    )


def _opened(page: Page, studio: Studio, query: str) -> Component:
    try:
        return page.layout(studio, parse_qs(query.removeprefix("?"), keep_blank_values=True))
    except InputError as error:
        again = dcc.Link("Open this page with the base scenario", href=page.PATH)
        return html.Div([page_title(page.TITLE), problem_box(error.problems, "This link cannot be opened"), again])
    except Exception as error:  # the frame stays, and says where to look
        message = f"This is a defect of the studio. Its log has the details, under {noted(error)}."
        return html.Div([page_title(page.TITLE), dmc.Alert(message, title="Something went wrong", color="red")])


def _nothing_here(pages: Sequence[Page]) -> Component:
    links = [html.Li(dcc.Link(page.TITLE, href=page.PATH)) for page in pages]
    return html.Div([page_title("There is no such page", "Available pages:"), html.Ul(links)])
