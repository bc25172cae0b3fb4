"""`new`: a scenario file to start from: another scenario, a template, or a record of the study."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from sim.errors import Problem, UsageError, nearest

_A_START = ("--from", "--template", "--from-registry", "--from-usdm")


@click.command()
@click.argument("name")
@click.option("--from", "base", metavar="SCENARIO", help="The scenario to extend.  [default: base]")
@click.option("--template", metavar="TEMPLATE", help="A complete scenario of another kind of trial; `list` names them.")
@click.option("--from-registry", "registry", metavar="FILE", help="A ClinicalTrials.gov study (API version 2, JSON).")
@click.option("--from-usdm", "usdm", metavar="FILE", help="A study in CDISC USDM version 4 (JSON).")
@click.option("--target", type=click.IntRange(1, 200_000), metavar="N", help="Participants, where a record says none.")
@click.option("--opens", metavar="DATE", help="First day of recruitment, as YYYY-MM-DD, where a record says none.")
def new(
    name: str,
    base: str | None,
    template: str | None,
    registry: str | None,
    usdm: str | None,
    target: int | None,
    opens: str | None,
) -> None:
    """Write NAME.yaml, a scenario to start from.

    By default it is a commented copy of a scenario that it extends. With --template it is a short, complete scenario of
    another kind of trial. From a record of the study, values in the record are used, and what it leaves open is listed
    in the file as questions, each with a default.
    """
    from sim.experiment.files import write_text

    given = [text for text, value in zip(_A_START, (base, template, registry, usdm), strict=True) if value is not None]
    if len(given) > 1:
        raise UsageError(Problem(f"give one of {', '.join(_A_START)}", given[1]))
    record = registry or usdm
    if record is None and (target is not None or opens is not None):
        raise UsageError(Problem("needs --from-registry or --from-usdm", "--target" if target else "--opens"))
    if template == "list":
        _list_templates()
        return
    path = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    if path.exists():
        raise UsageError(Problem("the file already exists; it is not overwritten", str(path)))
    if not path.parent.is_dir():
        raise UsageError(Problem("there is no such folder", str(path.parent)))
    if record is not None:
        text = _from_record(Path(record), "registry" if registry else "usdm", path.stem, target, opens)
        said = f"{path} was read from {record}. Answer its questions, then: trialclock run {path}"
    elif template is not None:
        text = _from_template(template, path.stem)
        said = f"{path} is a whole scenario. Change in it what differs, then: trialclock run {path}"
    else:
        from sim.scenario.template import template as commented

        text = commented(path.stem, base or "base", path.parent)
        said = f"{path} extends {base or 'base'}. Change in it what differs, then: trialclock run {path}"
    write_text(path, text)
    click.echo(said)


def _from_record(record: Path, kind: str, name: str, target: int | None, opens: str | None) -> str:
    from sim.exchange.records.read import read_study
    from sim.exchange.records.scenario_text import scenario_text

    try:
        day = None if opens is None else date.fromisoformat(opens)
    except ValueError:
        raise UsageError(Problem("must be a date such as 2027-01-15", "--opens", value=opens)) from None
    outline = read_study(record, kind)
    try:
        return scenario_text(outline, name, target, day)
    except ValueError as missing:
        what = {"target": ("how many participants are wanted", "N"), "opens": ("when recruitment opens", "DATE")}
        words, form = what[str(missing)]
        raise UsageError(Problem(f"does not say {words}; add --{missing} {form}", str(record))) from None


def _from_template(template: str, name: str) -> str:
    from sim.scenario.template import renamed, templates

    found = templates()
    if template not in found:
        raise UsageError(
            Problem(f"there is no such template; {nearest(template, found)}", "--template", value=template)
        )
    return renamed(found[template].read_text(encoding="utf-8"), name)


def _list_templates() -> None:
    from sim.scenario.load import load_scenario
    from sim.scenario.template import templates

    for name, path in templates().items():
        click.echo(f"{name:20} {load_scenario(path).question}")
