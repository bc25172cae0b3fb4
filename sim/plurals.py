"""Counts in words, with the right number: `1 row`, `1,200 rows`."""


def counted(n: int, noun: str, plural: str = "") -> str:
    """A count with its noun.

    Args:
        n: how many.
        noun: what one is called.
        plural: what several are called; default: the noun with an s.
    """
    return f"{n:,} {noun if n == 1 else plural or f'{noun}s'}"


def are(n: int) -> str:
    """`is` for one, `are` for others."""
    return "is" if n == 1 else "are"
