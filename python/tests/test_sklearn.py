"""The scikit-learn layer: scikit-learn's own checks on it, and laws of its own."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from sklearn.base import clone  # noqa: E402
from sklearn.datasets import load_diabetes, load_iris  # noqa: E402
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor  # noqa: E402
from sklearn.gaussian_process.kernels import ConstantKernel, WhiteKernel  # noqa: E402
from sklearn.gaussian_process.tests import test_kernels as theirs  # noqa: E402
from sklearn.kernel_ridge import KernelRidge  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.svm import SVC  # noqa: E402
from sklearn.utils.estimator_checks import estimator_checks_generator  # noqa: E402

import deeplimit as dl  # noqa: E402
import deeplimit.sklearn._rows as ours  # noqa: E402
from deeplimit.sklearn import (  # noqa: E402
    DeepKernel,
    DeepKernelClassifier,
    DeepKernelFeatures,
    DeepKernelRegressor,
)

RANDOM = np.random.default_rng(1)
X8 = RANDOM.normal(size=(30, 8))

# scikit-learn's own checks --------------------------------------------------------------------------------------------

CHECKED = {
    "classifier": DeepKernelClassifier(),
    "classifier of an object": DeepKernelClassifier(dl.Activation("relu"), depth=2, lengths="lift"),
    "vote": DeepKernelClassifier("sin(x)", depth="inf"),
    "regressor": DeepKernelRegressor(),
    "regressor of directions": DeepKernelRegressor("relu", kind="nngp", lengths="unit"),
    "nystroem": DeepKernelFeatures(n_components=10, random_state=0),
    "random": DeepKernelFeatures("erf", method="random", n_components=10, random_state=0),
}


def checks():
    for name, estimator in CHECKED.items():
        for tried, check in estimator_checks_generator(estimator, legacy=True):
            words = getattr(check, "func", check).__name__
            yield pytest.param(tried, check, id=f"{name}-{words}")


@pytest.mark.parametrize("estimator, check", list(checks()))
def test_scikit_learn_checks_estimators(estimator, check):
    with warnings.catch_warnings():
        # of one feature, and of more landmarks than rows: meant
        warnings.filterwarnings("ignore", category=UserWarning, message=".*(lengths=|n_components=).*")
        try:
            check(estimator)
        except Exception as error:
            if type(error).__name__ == "SkipTest":
                pytest.skip(str(error))
            raise


KERNELS = {
    "free": DeepKernel("erf", depth=2),
    "nngp": DeepKernel("relu", depth=3, kind="nngp"),
    "lifted": DeepKernel("erf", depth=2, lengths="lift"),
    "fixed": DeepKernel("relu", depth=2, sigma_w=None, sigma_b=None),
    "no biases": DeepKernel("relu", depth=1, sigma_w=2**0.5, sigma_b=0.0),
    "sum": ConstantKernel(2.0) * DeepKernel("gelu", depth=1) + WhiteKernel(0.1),
    "power": DeepKernel("erf", depth=1) ** 2,
}
THEIRS = [
    "kernel_gradient",
    "kernel_theta",
    "auto_vs_cross",
    "kernel_diag",
    "kernel_clone",
    "kernel_clone_after_set_params",
    "kernel_versus_pairwise",
    "set_get_params",
    "repr_kernels",
    "kernel_input_type",
]


@pytest.mark.parametrize("check", THEIRS)
@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_scikit_learn_checks_kernels(kernel, check):
    theirs_own = getattr(theirs, f"test_{check}", None)
    if theirs_own is None:
        pytest.skip(f"this scikit-learn has no test_{check}")
    if check == "kernel_theta" and (
        not isinstance(kernel, DeepKernel) or any(h.fixed for h in kernel.hyperparameters)
    ):
        pytest.skip("it is for single kernels whose hyperparameters are all free")
    if check in ("kernel_versus_pairwise", "auto_vs_cross") and "White" in str(kernel):
        pytest.skip("a white kernel knows equal rows by their places")
    theirs_own(clone(kernel))


# Gaussian processes ---------------------------------------------------------------------------------------------------


def test_gradient_is_that_of_the_kernel():
    # relu is homogeneous: with sigma_b = 0 the kernel is sigma_w^(2 (depth + 1)) times a number, so d/d log sigma_w is exact
    for kind in ("ntk", "nngp"):
        kernel = DeepKernel("relu", depth=3, kind=kind, sigma_w=1.3, sigma_b=0.0)
        gram, gradient = kernel(X8, eval_gradient=True)
        assert gradient.shape == (30, 30, 1)
        assert abs(gradient[:, :, 0] - 8.0 * gram).max() < 1e-10 * abs(gram).max() * 8
    # depth 1 NNGP of erf is Williams' formula, whose derivatives are known
    w, b = 1.4, 0.3
    kernel = DeepKernel("erf", depth=1, kind="nngp", sigma_w=w, sigma_b=b)
    gram, gradient = kernel(X8, eval_gradient=True)
    unit = X8 / np.linalg.norm(X8, axis=1)[:, None]
    rho = np.clip(unit @ unit.T, -1, 1)
    np.fill_diagonal(rho, 1.0)
    k, q = w**2 * rho + b**2, w**2 + b**2
    s = 2 * k / (1 + 2 * q)
    exact = w**2 * 2 / np.pi * np.arcsin(s) + b**2
    assert abs(gram - exact).max() < 1e-13

    def derivative(dk, dq, dw2, db2):
        ds = 2 * dk / (1 + 2 * q) - 4 * k * dq / (1 + 2 * q) ** 2
        return dw2 * 2 / np.pi * np.arcsin(s) + w**2 * 2 / np.pi * ds / np.sqrt(1 - s**2) + db2

    # the order is scikit-learn's: sigma_b, sigma_w
    by_b = derivative(2 * b**2, 2 * b**2, 0.0, 2 * b**2)
    by_w = derivative(2 * w**2 * rho, 2 * w**2, 2 * w**2, 0.0)
    assert abs(gradient[:, :, 0] - by_b).max() < 1e-10
    assert abs(gradient[:, :, 1] - by_w).max() < 1e-10


def test_gaussian_process_with_restarts_learns_a_curve():
    x = np.linspace(-2, 2, 25)[:, None]
    y = np.sin(2 * x[:, 0])
    kernel = DeepKernel("erf", depth=2, lengths="lift") + WhiteKernel(1e-2)
    before = kernel.theta.copy()
    gp = GaussianProcessRegressor(kernel, n_restarts_optimizer=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of bounds that were reached
        gp.fit(x, y)
    unfitted = GaussianProcessRegressor(kernel, optimizer=None).fit(x, y)
    assert gp.log_marginal_likelihood_value_ > unfitted.log_marginal_likelihood_value_ + 1
    assert (kernel.theta == before).all() and not np.allclose(gp.kernel_.theta, before)
    between = np.linspace(-1.9, 1.9, 50)[:, None]
    mean, deviation = gp.predict(between, return_std=True)
    assert abs(mean - np.sin(2 * between[:, 0])).max() < 0.05
    assert (deviation >= 0).all()


def test_other_kernel_machines_take_it():
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    kernel = DeepKernel("relu", depth=2, sigma_w=None, sigma_b=None, lengths="lift")
    assert SVC(kernel=kernel).fit(X[::2], y[::2]).score(X[1::2], y[1::2]) > 0.9
    assert GaussianProcessClassifier(kernel, optimizer=None).fit(X[::2], y[::2]).score(X[1::2], y[1::2]) > 0.9
    ridge = KernelRidge(alpha=1.0, kernel=kernel).fit(X, y)
    gram = kernel(X)
    assert np.allclose(ridge.predict(X), gram @ np.linalg.solve(gram + np.eye(len(X)), y))
    search = GridSearchCV(SVC(kernel=kernel), {"kernel__depth": [1, 4]}, cv=3).fit(X, y)
    assert search.best_score_ > 0.9


def test_what_has_no_gram_matrix_is_refused():
    # singular at infinite depth: the diagonal is infinite
    for use in (
        lambda k: k(X8),
        lambda k: k.diag(X8),
        lambda k: SVC(kernel=k).fit(X8, np.arange(30) % 2),
        lambda k: GaussianProcessRegressor(k).fit(X8, X8[:, 0]),
    ):
        with pytest.raises(dl.DomainError, match="DeepKernelClassifier"):
            use(DeepKernel("sin(x)", depth="inf", sigma_w=None, sigma_b=None))
    with pytest.raises(dl.DomainError, match="DeepKernelClassifier"):
        DeepKernelFeatures("sin(x)", depth="inf").fit(X8)
    # finite, and positive definite only for weights whose sum is 0
    with pytest.raises(dl.DomainError, match="positive definite.*DeepKernelClassifier"):
        DeepKernel("softplus(x)", depth="inf", sigma_w=None, sigma_b=None)(X8)


def test_bad_rows_are_named():
    bad = X8.copy()
    bad[3, 2] = np.nan
    kernel = DeepKernel("relu", depth=1)
    for use in (lambda: kernel(bad), lambda: kernel(X8, bad), lambda: kernel.diag(bad)):
        with pytest.raises(dl.DataError, match=r"\[3, 2\] is nan") as caught:
            use()
        assert caught.value.index == (3, 2)
    with pytest.raises(dl.DataError, match="two-dimensional"):
        kernel(X8[0])
    with pytest.raises(dl.DataError, match="masked"):
        kernel(np.ma.masked_array(X8, mask=X8 > 0))
    with pytest.raises(dl.DataError, match="complex"):
        kernel(X8 * 1j)
    with pytest.raises(dl.DataError, match="columns"):
        kernel(X8, X8[:, :3])
    with pytest.raises(ValueError, match="NaN"):
        DeepKernelClassifier().fit(bad, np.arange(30) % 2)


# Estimators -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options, words",
    [
        ({"depth": 0}, "depth must be"),
        ({"depth": "deep"}, "depth must be"),
        ({"depth": 2.5}, "depth must be"),
        ({"activation": 3}, "activation must be"),
        ({"activation": "relu("}, None),
        ({"kind": "both"}, "kind must be one of ntk, nngp"),
        ({"lengths": "short"}, "lengths must be one of"),
        ({"ridge": -1.0}, "ridge must be"),
        ({"ridge": "much"}, "ridge must be"),
        ({"sigma_w": float("nan")}, "sigma_w must be"),
    ],
)
def test_bad_parameters_are_refused_when_they_are_used(options, words):
    for estimator in (DeepKernelClassifier, DeepKernelRegressor):
        made = estimator(**options)  # nothing is looked at before
        with pytest.raises(dl.Error, match=words):
            made.fit(X8, np.arange(30) % 2)


def test_labels_of_any_type():
    X, codes = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])
    for labels in (names[codes], names.astype(object)[codes], codes - 7, codes.astype(float), codes == 1):
        model = DeepKernelClassifier("relu", depth=1, lengths="lift", ridge=1e-3).fit(X, labels)
        predicted = model.predict(X)
        assert predicted.dtype == np.unique(labels).dtype
        assert (predicted == labels).mean() > 0.9
        assert model.decision_function(X).shape == ((150,) if len(model.classes_) == 2 else (150, 3))


def test_classifier_is_regression_on_centred_classes():
    X, y = load_iris(return_X_y=True)
    model = DeepKernelClassifier("erf", depth=2, lengths="lift", ridge=1e-2).fit(X[::2], y[::2])
    kernel = DeepKernel("erf", depth=2, sigma_w=None, sigma_b=None, lengths="lift")
    gram = kernel(X[::2])
    targets = np.eye(3)[y[::2]]
    targets -= targets.mean(axis=0)
    weights = np.linalg.solve(gram + 1e-2 * gram.trace() / 75 * np.eye(75), targets)
    expected = kernel(X[1::2], X[::2]) @ weights
    scores = model.decision_function(X[1::2])
    # the library's targets may differ by a factor and a constant of all classes
    assert (scores.argmax(axis=1) == expected.argmax(axis=1)).all()
    differ = lambda s: s - s.mean(axis=1, keepdims=True)  # noqa: E731
    ratio = differ(scores) / differ(expected)
    assert abs(ratio / np.median(ratio) - 1.0).max() < 1e-6
    # the row itself left out, by hand
    left = model.left_out()
    for i in (0, 31, 60):
        rest = np.delete(np.arange(75), i)
        w = np.linalg.solve(gram[np.ix_(rest, rest)] + 1e-2 * gram.trace() / 75 * np.eye(74), targets[rest])
        assert left[i] == (gram[i, rest] @ w).argmax()


@pytest.mark.parametrize(
    "activation, classifier",
    [
        ("sin(x)", "smoother"),
        ("relu", "majority vote"),
        ("gelu", "majority vote"),
        ("x^2-1", "nearest neighbour"),
        ("softplus(x)", "interpolant"),
        ("x", "regression"),
    ],
)
def test_infinite_depth_is_what_its_regime_says(activation, classifier):
    X, y = load_iris(return_X_y=True)
    model = DeepKernelClassifier(activation, depth="inf").fit(X[::2], y[::2])
    assert model.classifier_ == classifier
    if classifier == "majority vote":
        odd = np.vstack([X[1::2] * [1, -1, 2, 1]])
        assert len(set(model.predict(odd))) == 1
    if classifier == "regression":
        return
    # a row that was seen has its own label
    assert (model.predict(X[::2]) == y[::2]).all()


def test_regression_has_no_limit_but_a_classifier():
    for activation in ("sin(x)", "relu", "gelu", "x^2-1", "softplus(x)"):
        with pytest.raises(dl.DomainError, match="take DeepKernelClassifier"):
            DeepKernelRegressor(activation, depth="inf").fit(X8, X8[:, 0])
    # but of a linear activation, whose kernel is the correlation at every depth
    unit = X8 / np.linalg.norm(X8, axis=1)[:, None]
    y = unit @ np.arange(8.0) + 3
    linear = DeepKernelRegressor("x", depth="inf", lengths="unit", ridge=0.1).fit(X8[:20], y[:20])
    weights = np.linalg.solve(unit[:20] @ unit[:20].T + 0.1 * np.eye(20), y[:20] - y[:20].mean())
    assert np.allclose(linear.predict(X8), y[:20].mean() + unit @ unit[:20].T @ weights, rtol=1e-10)
    # a jump: infinite at equal inputs at depth 1 already
    with pytest.raises(dl.DomainError, match="take DeepKernelClassifier"):
        DeepKernelRegressor("sign(x)", depth=1).fit(X8, X8[:, 0])


def test_regression_on_two_targets_is_two_regressions():
    X, y = load_diabetes(return_X_y=True)
    both = np.column_stack([y, -3 * y + 1])
    model = DeepKernelRegressor("relu", ridge=0.1).fit(X, both)
    one = DeepKernelRegressor("relu", ridge=0.1).fit(X, y)
    assert np.allclose(model.predict(X[:9])[:, 0], one.predict(X[:9]), rtol=1e-10)
    assert np.allclose(model.predict(X[:9])[:, 1], -3 * one.predict(X[:9]) + 1, rtol=1e-10)
    assert model.predict(X[:9].astype(np.float32)).dtype == np.float64


def test_interpolation_without_a_ridge_and_equal_rows():
    y = np.arange(30.0)
    model = DeepKernelRegressor("tanh", depth=2, ridge=0).fit(X8, y)
    assert abs(model.predict(X8) - y).max() < 1e-8
    twice = np.vstack([X8, X8[:1]])
    with pytest.raises(dl.DataError, match="larger ridge"):
        DeepKernelRegressor("tanh", depth=2, ridge=0, lengths="unit").fit(twice, np.arange(31.0))


def test_rows_of_zeros_are_orthogonal_to_all_others():
    X = np.vstack([X8[:5], np.zeros((2, 8))])
    kernel = DeepKernel("relu", depth=2, sigma_w=None, sigma_b=None)
    gram = kernel(X)
    at = dl.Kernel("relu", 2).at(np.array([0.0, 1.0]))
    assert np.allclose(gram[5:, :5], at[0], rtol=1e-14) and np.allclose(gram[5:, 5:], at[1], rtol=1e-14)
    assert (np.diag(gram) == kernel.diag(X)).all()
    assert np.allclose(kernel(X[5:], X[:5]), at[0], rtol=1e-14)
    y = np.array([0, 1, 0, 1, 0, 1, 1])
    assert DeepKernelClassifier("relu").fit(X, y).predict(np.zeros((1, 8))) == [1]
    assert DeepKernelClassifier("relu").fit(X8, np.arange(30) % 2).predict(np.zeros((2, 8))).shape == (2,)
    for features in (DeepKernelFeatures("relu", n_components=5), DeepKernelFeatures("relu", method="random", n_components=50)):
        assert np.isfinite(features.fit(X).transform(X)).all()


def test_lengths():
    long = X8 * np.linspace(0.5, 3, 30)[:, None]
    options = {"sigma_w": None, "sigma_b": None}
    unit = DeepKernel("relu", depth=2, **options)
    assert np.allclose(unit(long), unit(X8), rtol=1e-12)
    lift = DeepKernel("relu", depth=2, lengths="lift", **options)
    assert abs(lift(long) - lift(X8)).max() > 0.1
    rho = 1 + long @ long.T
    size = np.sqrt(np.diag(rho))
    assert np.allclose(lift(long), dl.Kernel("relu", 2).at(np.minimum(rho / np.outer(size, size), 1.0)), atol=1e-7)
    keep = DeepKernel("relu", depth=2, lengths="keep", **options)
    norms = np.linalg.norm(long, axis=1)
    assert np.allclose(keep(long), unit(long) * np.outer(norms, norms), rtol=1e-12)
    with pytest.raises(dl.Error):
        DeepKernel("elu", depth=2, lengths="keep", **options)(long)
    both = DeepKernel("erf", depth=2, lengths="keep", **options)
    assert abs(both(long) - both(X8)).max() > 0.01
    strict = DeepKernel("relu", depth=2, lengths="strict", **options)
    with pytest.raises(dl.Error):
        strict(long)
    ones = long / norms[:, None]
    assert np.allclose(strict(ones), unit(ones), rtol=1e-12)
    with pytest.warns(UserWarning, match='lengths="lift"'):
        DeepKernelRegressor(lengths="unit").fit(X8[:, :1], X8[:, 0])


def test_pipeline_and_grid_search_in_processes():
    X, y = load_iris(return_X_y=True)
    model = make_pipeline(StandardScaler(), DeepKernelClassifier(lengths="lift", ridge=1e-2))
    grid = {
        "deepkernelclassifier__activation": ["relu", dl.Activation("erf")],
        "deepkernelclassifier__depth": [1, 3],
    }
    search = GridSearchCV(model, grid, cv=3, n_jobs=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 4 and search.best_score_ > 0.93


def test_clones_and_copies_compile_nothing_again():
    model = DeepKernelClassifier(dl.Activation("softplus(x)"), depth=4)
    model.fit(X8, np.arange(30) % 3)
    before = ours.cached.cache_info()
    for other in (clone(model), copy.deepcopy(model), DeepKernelClassifier(dl.Activation("softplus(x)"), depth=np.int64(4))):
        assert other.fit(X8, np.arange(30) % 3).kernel_ is model.kernel_
    after = ours.cached.cache_info()
    assert after.misses == before.misses and after.hits == before.hits + 3
    kernel = DeepKernel(dl.Activation("softplus(x)"))
    assert clone(kernel) == kernel and pickle.loads(pickle.dumps(kernel)) == kernel
    assert kernel != clone(kernel).set_params(depth=5)


@pytest.mark.parametrize(
    "model",
    [
        DeepKernelClassifier("relu"),
        DeepKernelClassifier("sin(x)", depth="inf"),
        DeepKernelRegressor("relu"),
        DeepKernelFeatures("relu", n_components=12, random_state=1),
        DeepKernelFeatures("relu", method="random", n_components=12, random_state=1),
    ],
    ids=str,
)
def test_pickles_answer_alike(model):
    model.fit(X8, np.arange(30) % 3)
    again = pickle.loads(pickle.dumps(model))
    asked = RANDOM.normal(size=(7, 8))
    answer = (lambda m: m.transform(asked)) if hasattr(model, "transform") else (lambda m: m.predict(asked))
    assert np.array_equal(answer(model), answer(again))
    assert np.array_equal(answer(copy.deepcopy(model)), answer(model))
    assert "DeepKernel" in model._repr_html_()


@pytest.mark.parametrize("missing, module", [("sklearn", "sklearn"), ("dask", "dask")])
def test_what_is_not_installed_is_said_how_to_install(missing, module):
    import subprocess
    import sys

    code = f"import sys; sys.modules[{missing!r}] = None; import deeplimit; import deeplimit.{module}"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert f'ImportError: deeplimit.{module} needs' in ended.stderr
    assert f'pip install "deeplimit[{module}]"' in ended.stderr
