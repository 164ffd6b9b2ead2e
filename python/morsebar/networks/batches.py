"""Training data in mini-batches, for surfaces of models."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from morsebar.sampling import check_count

#: Inputs and targets of some samples, arrays of one framework.
Batch: TypeAlias = tuple[Any, Any]


def batches(
    data: Batch | Iterable[Batch], kinds: tuple[Any, ...], expected: str, batch_size: int | None
) -> list[Batch]:
    """Take all batches of the data, once, in the order in which they come.

    Parameters
    ----------
    data : (inputs, targets), or an iterable of such pairs
        The first axis of both is the sample.
    kinds : types
        What inputs and targets must be.
    expected : str
        What such types are called in messages.
    batch_size : int, optional
        Most samples of a batch; only for data that is one pair.

    Returns
    -------
    list of (inputs, targets), none of them empty

    Raises
    ------
    ValueError
        For data that is not as above.
    """
    if (
        isinstance(data, tuple | list)
        and len(data) == 2
        and not any(isinstance(part, tuple | list) for part in data)
    ):
        inputs, targets = _check_batch(tuple(data), "data", kinds, expected)
        if batch_size is None:
            return [(inputs, targets)]
        size = check_count("batch_size", batch_size)
        starts = range(0, len(inputs), size)
        return [(inputs[start : start + size], targets[start : start + size]) for start in starts]
    if batch_size is not None:
        raise ValueError(
            f"batch_size: got {batch_size!r} for data that is not a pair (inputs, targets) of {expected}, "
            f"expected None"
        )
    found = [
        _check_batch(batch, f"data: batch {i}", kinds, expected)
        for i, batch in enumerate(_all(data, expected))
    ]
    if not found:
        raise ValueError("data: got no batch, expected at least one")
    return found


def _all(data: object, expected: str) -> Iterator[object]:
    # An array is an iterable of its rows.
    if not isinstance(data, Iterable) or hasattr(data, "shape"):
        raise ValueError(
            f"data: got {type(data).__name__}, expected a pair (inputs, targets) of {expected}, or an "
            f"iterable of such pairs"
        )
    return iter(data)


def _check_batch(batch: object, name: str, kinds: tuple[Any, ...], expected: str) -> Batch:
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        length = f" of {len(batch)}" if isinstance(batch, tuple | list) else ""
        raise ValueError(f"{name}: got {type(batch).__name__}{length}, expected a pair (inputs, targets)")
    inputs, targets = batch
    for part, array in (("inputs", inputs), ("targets", targets)):
        if not isinstance(array, kinds):
            raise ValueError(f"{name}: got {part} of type {type(array).__name__}, expected {expected}")
        if len(array.shape) == 0:
            raise ValueError(f"{name}: got {part} of shape (), expected a first axis of samples")
    if len(inputs) != len(targets):
        raise ValueError(f"{name}: got {len(inputs)} inputs and {len(targets)} targets, expected as many")
    if len(inputs) == 0:
        raise ValueError(f"{name}: got no samples, expected at least one")
    return inputs, targets
