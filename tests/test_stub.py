"""The committed stub says what the built module holds."""

import ast
import inspect
import tomllib
from importlib.metadata import version
from pathlib import Path

import numpy as np

import morsebar
from morsebar import _core


def test_stub_and_module_agree():
    stub = ast.parse((Path(morsebar.__file__).parent / "_core.pyi").read_text())
    stubbed = {
        node.name: [argument.arg for argument in node.args.args]
        for node in stub.body
        if isinstance(node, ast.FunctionDef)
    }
    built = {
        name: list(inspect.signature(member).parameters)
        for name, member in vars(_core).items()
        if callable(member)
    }
    assert stubbed == built


def test_the_stub_names_the_arrays():
    stub = ast.parse((Path(morsebar.__file__).parent / "_core.pyi").read_text())
    tree, knn = (
        [field.target.id for field in node.body] for node in stub.body if isinstance(node, ast.ClassDef)
    )
    assert tree == list(_core.naive_merge_tree(np.zeros(1), ("grid", (1,), "axis", (False,)), False))
    assert knn == list(_core.knn(np.zeros((2, 1)), 1, np.inf, 0.0, False, 1, None))


def test_there_is_one_version():
    root = Path(__file__).parents[1]
    workspace = tomllib.loads((root / "Cargo.toml").read_text())["workspace"]
    assert morsebar.__version__ == version("morsebar") == workspace["package"]["version"]
    assert workspace["dependencies"]["morsebar-core"]["version"] == morsebar.__version__
