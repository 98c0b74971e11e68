"""maturin, after looking for what the build of GMP needs.

``./cargo.sh`` finds or installs m4, make and a C compiler, or says in one sentence what to type; nothing is repeated here.
"""

import os
import subprocess
from pathlib import Path

import maturin
from maturin import *  # noqa: F401,F403  (the hooks of PEP 517)

ROOT = Path(__file__).resolve().parent.parent


def _prepare():
    if os.name == "posix" and (ROOT / "cargo.sh").exists():
        done = subprocess.run(["sh", str(ROOT / "cargo.sh"), "--version"], stdout=subprocess.DEVNULL)
        if done.returncode:
            raise SystemExit(done.returncode)


def build_wheel(*args, **kwargs):
    _prepare()
    return maturin.build_wheel(*args, **kwargs)


def build_editable(*args, **kwargs):
    _prepare()
    return maturin.build_editable(*args, **kwargs)
