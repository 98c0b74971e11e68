#!/bin/sh
# cargo, on a machine that may still lack what the build needs.
#
#     ./cargo.sh run --release -- classify relu gelu
#     ./cargo.sh test
#
# deeplimit computes with GMP and MPFR (through the crate `rug`), which are
# compiled from source at the first build. That needs a C compiler, make and m4.
# This script looks for them, installs what is missing with the system's package
# manager (saying so), and hands over to cargo. After the first run plain
# `cargo run` and `cargo test` work too.
set -eu
cd "$(dirname "$0")"

fail() { printf 'cargo.sh: %s\n' "$1" >&2; exit 2; }

command -v cargo >/dev/null 2>&1 ||
    fail 'cargo is not on the PATH; install Rust 1.89 or later (https://rustup.rs), then run this again.'

missing=''
command -v m4 >/dev/null 2>&1 || missing="$missing m4"
command -v make >/dev/null 2>&1 || missing="$missing make"
command -v cc >/dev/null 2>&1 || command -v gcc >/dev/null 2>&1 || missing="$missing gcc"

if [ -n "$missing" ]; then
    if command -v apt-get >/dev/null 2>&1; then install="apt-get install -y$missing" update='apt-get update'
    elif command -v dnf >/dev/null 2>&1; then install="dnf install -y$missing" update=:
    elif command -v pacman >/dev/null 2>&1; then install="pacman -S --noconfirm$missing" update=:
    elif command -v apk >/dev/null 2>&1; then install="apk add$missing musl-dev" update=:
    elif command -v zypper >/dev/null 2>&1; then install="zypper --non-interactive install$missing" update=:
    elif command -v brew >/dev/null 2>&1; then install="brew install$missing" update=:
    else fail "the build needs$missing, and no package manager is known here: install$missing, then run this again."
    fi
    as_root=''
    if [ "$(id -u)" != 0 ] && [ "${install%% *}" != brew ]; then
        if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as_root='sudo '
        else fail "the build of GMP needs$missing; type this once, then run this again:  sudo $install"
        fi
    fi
    printf 'cargo.sh: the build of GMP needs%s; running: %s%s\n' "$missing" "$as_root" "$install" >&2
    log=$(mktemp)
    # The package lists of a fresh machine may be missing or old: refresh them only if the first try fails.
    if ! $as_root $install >"$log" 2>&1; then
        { $as_root $update && $as_root $install; } >"$log" 2>&1 || {
            tail -n 5 "$log" >&2
            fail "that failed (the last lines are above, all of it is in $log); install$missing by hand, then run this again."
        }
    fi
    rm -f "$log"
fi

exec cargo "$@"
