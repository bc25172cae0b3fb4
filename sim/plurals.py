"""Counts in words, with the right number: `1 row`, `1,200 rows`; and names in a sentence, on one line.

It is below everything else, so that every floor counts in the same way: no message reads "1 replications" or gives 3000
beside 3,000.
"""

from collections.abc import Iterable


def counted(n: int, noun: str, plural: str = "") -> str:
    """A count with its noun.

    Args:
        n: how many.
        noun: what one is called.
        plural: what several are called; default: the noun with an s.

    Returns:
        Such as `1 row` or `1,200 rows`, with commas between thousands; 0 takes the plural.
    """
    return f"{n:,} {noun if n == 1 else plural or f'{noun}s'}"


def are(n: int) -> str:
    """`is` for one, `are` for others."""
    return "is" if n == 1 else "are"


def listed(names: Iterable[str], most: int = 0) -> str:
    """Names in a sentence: 'a', 'a and b', 'a, b and c', 'a, b and 4 more'.

    Args:
        names: what to list, in this order.
        most: how many to name; the others are counted. 0 for all.

    Returns:
        The names joined by commas and `and`; empty without names.
    """
    shown = list(names)
    if most and len(shown) > most:
        shown[most:] = [f"{len(shown) - most:,} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if shown[1:] else shown)


def one_line(text: str, longest: int | None = None) -> str:
    """A name or a note on one line: characters that cannot be shown and line ends become single blanks.

    Args:
        text: any text.
        longest: letters after which it is cut off.

    Returns:
        The text without blanks at its ends.
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:longest].strip()
