"""Benchmark functions with known boxes and minima, by name.

`get` makes one in the dimension wanted, `names` lists them, and each is an attribute of this module in two
dimensions, or in the only one it has. Of the separable ones the exact bars are known
(`Objective.exact_barcode`), by the Kunneth formula that `product_barcode` applies to any one-dimensional
bars. `bbob` brings the functions of COCO through the package ioh.

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

from morsebar.objectives.bbob import bbob
from morsebar.objectives.catalogue import get, names
from morsebar.objectives.objective import Objective
from morsebar.objectives.separable import product_barcode

ackley = get("ackley")
alpine01 = get("alpine01")
bukin6 = get("bukin6")
cross_in_tray = get("cross_in_tray")
drop_wave = get("drop_wave")
easom = get("easom")
egg_crate = get("egg_crate")
eggholder = get("eggholder")
gallagher101 = get("gallagher101")
gallagher21 = get("gallagher21")
goldstein_price = get("goldstein_price")
griewank = get("griewank")
hartmann3 = get("hartmann3")
hartmann6 = get("hartmann6")
himmelblau = get("himmelblau")
holder_table = get("holder_table")
langermann = get("langermann")
levy = get("levy")
lunacek = get("lunacek")
michalewicz = get("michalewicz")
rastrigin = get("rastrigin")
rosenbrock = get("rosenbrock")
schaffer2 = get("schaffer2")
schaffer4 = get("schaffer4")
schwefel26 = get("schwefel26")
shekel10 = get("shekel10")
shekel5 = get("shekel5")
shekel7 = get("shekel7")
six_hump_camel = get("six_hump_camel")
styblinski_tang = get("styblinski_tang")
three_hump_camel = get("three_hump_camel")
wavy = get("wavy")
xin_she_yang04 = get("xin_she_yang04")
zakharov = get("zakharov")

__all__ = [
    "Objective",
    "ackley",
    "alpine01",
    "bbob",
    "bukin6",
    "cross_in_tray",
    "drop_wave",
    "easom",
    "egg_crate",
    "eggholder",
    "gallagher21",
    "gallagher101",
    "get",
    "goldstein_price",
    "griewank",
    "hartmann3",
    "hartmann6",
    "himmelblau",
    "holder_table",
    "langermann",
    "levy",
    "lunacek",
    "michalewicz",
    "names",
    "product_barcode",
    "rastrigin",
    "rosenbrock",
    "schaffer2",
    "schaffer4",
    "schwefel26",
    "shekel5",
    "shekel7",
    "shekel10",
    "six_hump_camel",
    "styblinski_tang",
    "three_hump_camel",
    "wavy",
    "xin_she_yang04",
    "zakharov",
]
