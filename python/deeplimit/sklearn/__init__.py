"""Estimators for scikit-learn: classification, regression, Gaussian processes, explicit features.

==========================  ==========================================================================================
`DeepKernelClassifier`      what the network makes of labels, at any depth and at infinite depth
`DeepKernelRegressor`       kernel regression, several targets at once
`DeepKernel`                a kernel for Gaussian processes, SVC, KernelRidge: ``theta`` is ``log sigma_w``, ``log sigma_b``
`DeepKernelFeatures`        explicit features for more rows than a Gram matrix has room for
==========================  ==========================================================================================

All of them see directions, unless `lengths` says otherwise, because the kernel of an infinitely wide network is a function of the
correlation of its inputs:

* ``"unit"``: every row is divided by its length. A row of zeros has no direction, and counts as orthogonal to all others.
* ``"lift"``: a constant 1 is appended first, so that lengths count: ``rho = (1 + x.x') / sqrt((1 + |x|^2)(1 + |x'|^2))``.
* ``"keep"``: lengths count as they do in the network itself; for homogeneous activations (relu and its like), and
  at finite depth for all that are smooth or have a closed form (tanh, silu, erf, gelu ...).
* ``"strict"``: rows of length 1 are asked for, and others refused.

`deeplimit.Kernel` is the compiled kernel beneath; it knows nothing of scikit-learn. (Two classes, because ``KernelRidge`` calls whatever
is no subclass of scikit-learn's ``Kernel`` for each pair of rows.)
"""

from __future__ import annotations

try:
    import scipy.linalg  # noqa: F401
    from sklearn.utils.validation import validate_data  # noqa: F401
except ImportError as error:
    raise ImportError(
        'deeplimit.sklearn needs scikit-learn, 1.6 or later: pip install "deeplimit[sklearn]"'
    ) from error

from ._estimators import DeepKernelClassifier, DeepKernelRegressor
from ._features import DeepKernelFeatures
from ._process import DeepKernel

__all__ = ["DeepKernel", "DeepKernelClassifier", "DeepKernelFeatures", "DeepKernelRegressor"]
