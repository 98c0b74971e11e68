"""A folder of data sets, for the claims of papers: the files of rows."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ._errors import DataError


def _uci(folder: str | os.PathLike[str]) -> str:
    path = os.path.join(os.fspath(folder), "uci")
    if not os.path.isdir(path):
        raise DataError(f"the UCI sets are missing: there is no {path} (data= names the folder of the data sets, or DEEPLIMIT_DATA does)")
    return path


def sets(folder: str | os.PathLike[str]) -> list[str]:
    """The names of the sets: folders ``uci/NAME`` with a file ``NAME.csv``."""
    path = _uci(folder)
    found = sorted(name for name in os.listdir(path) if os.path.isfile(os.path.join(path, name, f"{name}.csv")))
    if not found:
        raise DataError(f"{path} has no sets (NAME/NAME.csv)")
    return found


def rows(folder: str | os.PathLike[str], name: str) -> tuple[Any, ...]:
    """Numbers, classes, training and validation rows, training and test rows of each fold."""
    if name not in sets(folder):
        raise DataError(f"there is no set `{name}` in {_uci(folder)}")
    path = os.path.join(_uci(folder), name)
    table = os.path.join(path, f"{name}.csv")
    with open(table, encoding="utf-8") as file:
        head = [word.strip().strip('"') for word in file.readline().rstrip("\n").split(",")]
        if head.count("label") != 1:
            raise DataError(f"{table}: the first line names the columns, and one of them is `label`")
        try:
            numbers = np.loadtxt(file, delimiter=",", ndmin=2)
        except ValueError as error:
            raise DataError(f"{table}: {error}") from None
    if numbers.shape[1:] != (len(head),) or len(head) < 2:
        raise DataError(f"{table}: {len(head)} columns are named, and rows have {numbers.shape[1]}")
    at = head.index("label")
    classes = numbers[:, at]
    bad = np.flatnonzero((classes < 0) | (classes != np.floor(classes)) | ~np.isfinite(classes))
    if bad.size:
        raise DataError(f"{table}: row {bad[0] + 1} has the label {classes[bad[0]]:g}, which is no class 0, 1, ...")
    tuning = _splits(os.path.join(path, "tuning_split.txt"))
    if len(tuning) != 1:
        raise DataError(f"{os.path.join(path, 'tuning_split.txt')}: two lines are wanted, training and validation")
    folds = _splits(os.path.join(path, "kfold4.txt"))
    return np.ascontiguousarray(np.delete(numbers, at, axis=1)), [int(c) for c in classes], tuning[0], folds


def _splits(path: str) -> list[list[list[int]]]:
    """Lines of row numbers from 0, two by two."""
    lines = []
    try:
        with open(path, encoding="utf-8") as file:
            for k, line in enumerate(file, 1):
                words = line.replace(",", " ").split()
                wrong = next((word for word in words if not word.isdecimal()), None)
                if wrong is not None:
                    raise DataError(f"{path}: line {k}: `{wrong}` is no row number")
                if words:
                    lines.append([int(word) for word in words])
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    if not lines or len(lines) % 2:
        raise DataError(f"{path}: {len(lines)} lines of row numbers are no pairs of training and test")
    return [lines[k : k + 2] for k in range(0, len(lines), 2)]
