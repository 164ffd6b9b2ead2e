"""The examples in the docstrings of the installed package."""

import doctest
import importlib
import pkgutil

import pytest

import morsebar

MODULES = ["morsebar", *(module.name for module in pkgutil.walk_packages(morsebar.__path__, "morsebar."))]
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


# Modules whose examples have a marker.
NEEDS = {
    "morsebar.networks.jax_surface": "jax",
    "morsebar.networks.jitted_mlp": "jax",
    "morsebar.networks.torch_surface": "torch",
    "morsebar.objectives.bbob": "ioh",
}


def marked(name):
    return pytest.param(name, marks=[getattr(pytest.mark, NEEDS[name])] if name in NEEDS else [])


@pytest.mark.parametrize("name", [marked(name) for name in MODULES if name != "morsebar.__main__"])
def test_examples_run(name):
    module = importlib.import_module(name)
    failures = doctest.testmod(module, optionflags=OPTIONS).failed
    assert failures == 0


def test_examples_exist():
    finder = doctest.DocTestFinder(exclude_empty=False)
    for name in morsebar.__all__:
        thing = getattr(morsebar, name)
        if isinstance(thing, type) or callable(thing):
            examples = [test.examples for test in finder.find(thing, name)]
            assert any(examples), f"{name} has no example"
