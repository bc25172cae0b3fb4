"""Converts a chunk of replications to the bytes of a file and back.

Chunks are what a run leaves while it is under way; the tables of a finished run are `sim.experiment.run.assemble`'s.
The format is numpy's own, without pickles, so that reading a file from elsewhere runs nothing.
"""

from __future__ import annotations

import io
import json

import numpy as np
import numpy.typing as npt

from sim.experiment.replicate import Chunk, Failure

Array = npt.NDArray[np.float64]


def chunk_bytes(chunk: Chunk) -> bytes:
    """Serialise a chunk as an uncompressed npz file.

    Args:
        chunk: replications with their measures, days of randomisation, kept events and failures.

    Returns:
        The bytes; equal chunks give equal ones.
    """
    lengths = np.array([len(days) for days in chunk.randomised_days], dtype=np.int64)
    kept = sorted(chunk.kept)
    failures = json.dumps([vars(failure) for failure in chunk.failures], sort_keys=True)
    buffer = io.BytesIO()
    np.savez(
        buffer,
        first=np.array(chunk.first),
        values=chunk.values,
        lengths=lengths,
        days=np.concatenate([np.zeros(0), *chunk.randomised_days]),
        kept=np.array(kept, dtype=np.int64),
        kept_lengths=np.array([len(chunk.kept[i]) for i in kept], dtype=np.int64),
        kept_rows=np.concatenate([np.zeros((0, 7)), *(chunk.kept[i] for i in kept)]),
        failures=np.frombuffer(failures.encode(), dtype=np.uint8),
    )
    return buffer.getvalue()


def chunk_from(data: bytes) -> Chunk:
    """Read a chunk from the bytes that `chunk_bytes` made.

    Args:
        data: content of the file.

    Returns:
        The chunk, equal to the one written but for the engine, which is not stored.

    Raises:
        ValueError: it is not such a file, or it is damaged.
        KeyError: a part is missing.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        days = np.split(stored["days"], np.cumsum(stored["lengths"])[:-1])
        rows = np.split(stored["kept_rows"], np.cumsum(stored["kept_lengths"])[:-1]) if len(stored["kept"]) else []
        kept = dict(zip(stored["kept"].tolist(), rows, strict=True))
        failures = [Failure(**item) for item in json.loads(stored["failures"].tobytes())]
        return Chunk(int(stored["first"]), stored["values"], days, kept, failures)


def values_from(data: bytes) -> Array:
    """Read only the values from the bytes that `chunk_bytes` made.

    Args:
        data: content of the file.

    Returns:
        (n, measures) values, one row per replication.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        values: Array = stored["values"]
        return values
