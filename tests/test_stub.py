"""The committed stub says what the built module holds."""

import ast
import inspect
import tomllib
from importlib.metadata import version
from pathlib import Path

import numpy as np

import morsebar
from morsebar import _core


def stub():
    return ast.parse((Path(morsebar.__file__).parent / "_core.pyi").read_text())


def stubbed(body):
    return {
        node.name: [argument.arg for argument in node.args.args]
        for node in body
        if isinstance(node, ast.FunctionDef)
    }


def built(members):
    return {
        name: list(inspect.signature(member).parameters)
        for name, member in members.items()
        if callable(member) and not isinstance(member, type) and not name.startswith("__")
    }


def test_stub_and_module_agree():
    assert stubbed(stub().body) == built(vars(_core))


def test_stub_and_class_agree():
    classes = {
        node.name: node for node in stub().body if isinstance(node, ast.ClassDef) and node.name[0] != "_"
    }
    assert list(classes) == [name for name, member in vars(_core).items() if isinstance(member, type)]
    for name, node in classes.items():
        assert stubbed(node.body) == built(vars(getattr(_core, name)))


def test_the_stub_names_the_arrays():
    tree, knn, critical = (
        [field.target.id for field in node.body]
        for node in stub().body
        if isinstance(node, ast.ClassDef) and node.name[0] == "_"
    )
    gradient = _core.discrete_gradient(np.zeros(1), ("grid", (1,), "axis", (False,)), False, 1, None)
    assert critical == list(gradient.critical())
    assert tree == list(_core.naive_merge_tree(np.zeros(1), ("grid", (1,), "axis", (False,)), False))
    assert knn == list(_core.knn(np.zeros((2, 1)), 1, np.inf, 0.0, False, 1, None))


def test_there_is_one_version():
    root = Path(__file__).parents[1]
    workspace = tomllib.loads((root / "Cargo.toml").read_text())["workspace"]
    assert morsebar.__version__ == version("morsebar") == workspace["package"]["version"]
    assert workspace["dependencies"]["morsebar-core"]["version"] == morsebar.__version__
