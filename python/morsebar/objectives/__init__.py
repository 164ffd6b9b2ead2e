"""Benchmark functions with known boxes and minima, by name.

`get` makes one in the dimension wanted, `names` lists them, and each is an attribute of this module in two
dimensions. Of the separable ones the exact bars are known (`Objective.exact_barcode`), by the Kunneth formula
that `product_barcode` applies to any one-dimensional bars.

Examples
--------
>>> import morsebar as mb
>>> mb.objectives.egg_crate.exact_barcode()[:5].round(6)
array([[ 0.      ,       inf],
       [ 9.488197, 27.570363],
       [ 9.488197, 27.570363],
       [ 9.488197, 27.570363],
       [ 9.488197, 27.570363]])
"""

from morsebar.objectives.catalogue import get, names
from morsebar.objectives.objective import Objective
from morsebar.objectives.separable import product_barcode

ackley = get("ackley")
alpine01 = get("alpine01")
egg_crate = get("egg_crate")
himmelblau = get("himmelblau")
rastrigin = get("rastrigin")
rosenbrock = get("rosenbrock")
schwefel26 = get("schwefel26")
six_hump_camel = get("six_hump_camel")
styblinski_tang = get("styblinski_tang")
three_hump_camel = get("three_hump_camel")

__all__ = [
    "Objective",
    "ackley",
    "alpine01",
    "egg_crate",
    "get",
    "himmelblau",
    "names",
    "product_barcode",
    "rastrigin",
    "rosenbrock",
    "schwefel26",
    "six_hump_camel",
    "styblinski_tang",
    "three_hump_camel",
]
