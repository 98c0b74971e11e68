"""Writes ``python/licenses/THIRD-PARTY.txt``: the crates in the wheel with their licences, from cargo's own sources.

``python python/notices.py`` writes, ``python python/notices.py --check`` fails where the file is not what it would write.
"""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "python/licenses/THIRD-PARTY.txt"
RULE = "=" * 80


def linked():
    """The packages that the extension is linked with: no build scripts, no tests, no procedural macros."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"]
    found = json.loads(subprocess.check_output(command, cwd=ROOT))
    packages = {p["id"]: p for p in found["packages"]}
    nodes = {n["id"]: n for n in found["resolve"]["nodes"]}
    waiting = [p["id"] for p in packages.values() if p["name"] == "deeplimit-python"]
    seen = set(waiting)
    while waiting:
        for dependency in nodes[waiting.pop()]["deps"]:
            normal = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            macro = any("proc-macro" in target["kind"] for target in packages[dependency["pkg"]]["targets"])
            if normal and not macro and dependency["pkg"] not in seen:
                seen.add(dependency["pkg"])
                waiting.append(dependency["pkg"])
    others = [packages[i] for i in seen if packages[i]["source"] is not None]
    return sorted(others, key=lambda p: (p["name"], p["version"]))


def texts(package):
    """The files of a crate that are licences or notices; of several to choose from MIT's. (Those of the LGPL are in files of their own.)"""
    if "LGPL" in (package["license"] or ""):
        return
    names = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE")
    found = [f for f in sorted(Path(package["manifest_path"]).parent.iterdir()) if f.is_file() and f.name.upper().startswith(names)]
    chosen = [f for f in found if "MIT" in f.name.upper()] if "OR" in package["license"] or "/" in package["license"] else []
    for file in [f for f in found if f.name.upper().startswith("NOTICE")] + chosen if chosen else found:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        yield "\n".join(line.rstrip() for line in lines).strip("\n")


def written():
    packages = linked()
    crates = defaultdict(list)
    for package in packages:
        for text in texts(package):
            crates[text].append(f"{package['name']} {package['version']}")
    lines = ["Crates that the extension module of deeplimit is linked with", ""]
    for p in packages:
        lines.append(f"{p['name']} {p['version']}: {p['license']}{', ' + p['repository'] if p['repository'] else ''}")
    for text, names in sorted(crates.items(), key=lambda item: item[1]):
        lines += ["", RULE, "Of " + ", ".join(dict.fromkeys(names)), RULE, "", text]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    text = written()
    if "--check" not in sys.argv:
        FILE.write_text(text, encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text:
        sys.exit(f"{FILE} is not what the crates say: python python/notices.py writes it")
