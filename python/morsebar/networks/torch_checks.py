"""What a torch module, its loss and its data must be to make a loss surface."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def check_parameters(module: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    """Return the trainable parameters by name, each once.

    Raises
    ------
    ValueError
        If there are none, or they are not all float32 or all float64, or the module is on several devices.
    """
    import torch

    if not isinstance(module, torch.nn.Module):
        raise ValueError(f"module: got {type(module).__name__}, expected a torch.nn.Module")
    free = {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}
    if sum(parameter.numel() for parameter in free.values()) == 0:
        raise ValueError("module: got no parameter with requires_grad=True, expected at least one")
    first, dtype = next((name, parameter.dtype) for name, parameter in free.items())
    for name, parameter in free.items():
        if parameter.dtype not in (torch.float32, torch.float64):
            raise ValueError(
                f"module: got {name} of {parameter.dtype}, expected torch.float32 or torch.float64"
            )
        if parameter.dtype != dtype:
            raise ValueError(
                f"module: got {first} of {dtype} and {name} of {parameter.dtype}, expected one type"
            )
    device = free[first].device
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if tensor.device != device:
            raise ValueError(
                f"module: got {first} on {device} and {name} on {tensor.device}, expected one device"
            )
    return free


def check_batch(
    module: torch.nn.Module,
    predict: Callable[[torch.Tensor], torch.Tensor],
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    inputs: torch.Tensor,
    targets: torch.Tensor,
    device: torch.device,
) -> int:
    """Evaluate a batch once, and see whether loss and module are functions of parameters and batch alone.

    Parameters
    ----------
    module : the module that `predict` calls; useless after an error.
    predict : takes inputs to outputs, differentiably in the parameters.
    loss, inputs, targets : of `from_torch`.
    device : the one of the module.

    Returns
    -------
    int
        Bytes that the evaluation saves for gradients.

    Raises
    ------
    ValueError
        Naming the part of the module that draws random numbers or changes a buffer, the shape or type of a
        loss that is no real scalar, or two devices. What module and loss raise comes out with a note on the
        batch.
    """
    import torch

    for name, tensor in (("inputs", inputs), ("targets", targets)):
        if tensor.device != device:
            raise ValueError(
                f"data: got {name} on {tensor.device} and a module on {device}, expected one device"
            )
    before = {name: buffer.clone() for name, buffer in module.named_buffers()}
    saved = 0

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        nonlocal saved
        saved += tensor.numel() * tensor.element_size()
        return tensor

    with (
        torch.enable_grad(),
        torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor),
        torch.random.fork_rng([device] if device.type == "cuda" else []),
    ):
        try:
            with _refuse_random_numbers(module, device):
                outputs = predict(inputs)
            state = _random_state(device)
            value = loss(outputs, targets)
        except Exception as error:
            error.add_note(f"raised on inputs {_described(inputs)} and targets {_described(targets)}")
            raise
        if not _same(state, _random_state(device)):
            raise ValueError("loss: draws random numbers, expected a function of outputs and targets alone")
    for name, buffer in module.named_buffers():
        if not _equal(buffer, before[name]):
            path, _, leaf = name.rpartition(".")
            raise ValueError(
                f"module: {_named(module, path)} changes its buffer {leaf} when it is evaluated, expected "
                f"it to stay as it is: call module.eval() first"
            )
    if not isinstance(value, torch.Tensor):
        raise ValueError(f"loss: got {type(value).__name__}, expected a tensor of shape ()")
    if value.shape != ():
        raise ValueError(
            f"loss: got shape {tuple(value.shape)}, expected (), the mean over the samples of a batch"
        )
    if value.is_complex():
        raise ValueError(f"loss: got {value.dtype}, expected a real number")
    return saved


@contextmanager
def _refuse_random_numbers(module: torch.nn.Module, device: torch.device) -> Iterator[None]:
    """Raise ValueError for the innermost part of the module that draws random numbers."""
    states: list[list[torch.Tensor]] = []

    def enter(*_: object) -> None:
        states.append(_random_state(device))

    def leave(part: torch.nn.Module, *_: object) -> None:
        if not _same(states.pop(), _random_state(device)):
            path = next(path for path, other in module.named_modules() if other is part)
            raise ValueError(
                f"module: {_named(module, path)} draws random numbers, expected a function of parameters and "
                f"inputs alone: call module.eval() first"
            )

    handles = []
    for part in module.modules():
        handles += [part.register_forward_pre_hook(enter), part.register_forward_hook(leave)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _random_state(device: torch.device) -> list[torch.Tensor]:
    import torch

    states = [torch.get_rng_state()]
    if device.type == "cuda":
        states.append(torch.cuda.get_rng_state(device))
    return states


def _same(states: list[torch.Tensor], others: list[torch.Tensor]) -> bool:
    return all(bool((state == other).all()) for state, other in zip(states, others, strict=True))


def _equal(tensor: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two tensors hold the same, NaN included."""
    import torch

    if torch.equal(tensor, other):
        return True
    if tensor.shape != other.shape:
        return False
    return bool(((tensor == other) | (tensor.isnan() & other.isnan())).all())


def _named(module: torch.nn.Module, path: str) -> str:
    kind = type(module.get_submodule(path)).__name__
    return f"{path} ({kind})" if path else kind


def _described(tensor: torch.Tensor) -> str:
    return f"of shape {tuple(tensor.shape)} and type {tensor.dtype}"
