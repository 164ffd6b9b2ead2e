"""Loss surfaces of neural networks, as objectives for `landscape`.

`MLP` is the squared loss of a dense network, for many parameter vectors at once and without a framework.
`from_torch` and `from_jax` do the same for any model of theirs, with its own loss and data.
`loss_plane` restricts the loss of a model too large to sample to a plane of one to four dimensions.
`minimise_last_layer` leaves a function of its hidden weights alone that has the same barcode,
and `minimise_out` does so for any function that is convex in some of its variables.
Every surface here is a `LossSurface`: callable, with gradients and products with the Hessian matrix.
`descend` goes from points on such a surface to its local minima.
`paper` and `paper_grid` are the networks of Barannikov et al., for whose losses barcodes were made first.

Examples
--------
>>> import numpy as np
>>> import morsebar as mb
>>> x = np.linspace(-3, 3, 31)
>>> mlp = mb.networks.MLP((1, 2, 1), biases="none", data=(x, np.sin(x)), l2=0.01, bounds=[(-3, 3)] * 4)
>>> land = mb.landscape(mlp, n_samples=20_000)
>>> len(land.barcode) > 1
True
"""

from morsebar.networks.descent import descend
from morsebar.networks.jax_surface import JaxSurface, from_jax
from morsebar.networks.jitted_mlp import JittedMLP
from morsebar.networks.last_layer import LastLayerMinimum, minimise_last_layer
from morsebar.networks.loss_plane import loss_plane
from morsebar.networks.minimise_out import InnerMinimum, minimise_out
from morsebar.networks.mlp import MLP
from morsebar.networks.paper_networks import PaperGrid, paper, paper_grid
from morsebar.networks.plane import LossPlane
from morsebar.networks.surface import LossSurface
from morsebar.networks.torch_surface import TorchSurface, from_torch

__all__ = [
    "MLP",
    "InnerMinimum",
    "JaxSurface",
    "JittedMLP",
    "LastLayerMinimum",
    "LossPlane",
    "LossSurface",
    "PaperGrid",
    "TorchSurface",
    "descend",
    "from_jax",
    "from_torch",
    "loss_plane",
    "minimise_last_layer",
    "minimise_out",
    "paper",
    "paper_grid",
]
