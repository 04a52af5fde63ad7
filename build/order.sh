#!/usr/bin/env bash
# Writes build/start.ld anew: the functions that a start runs, by name, so that they stand side by side
# in the program. Run it by hand after large changes; a function that is gone or new costs a page or
# two, nothing else. Needs valgrind and script(1).
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

CARGO_PROFILE_RELEASE_STRIP=none cargo build --release --locked --target-dir target/order
start() {
    printf 'quit\n' | TERM=xterm-256color script -qefc "valgrind -q --tool=callgrind --demangle=no \
        --callgrind-out-file=$scratch/$1 target/order/release/looplab --state $scratch/$1.state $2" /dev/null
}
start menu ''
start first 'learn --restart'
start again 'learn'

# Names end in a hash of the compiler's making, and those of the standard library hold some: any will do.
names=$(grep -hoE '^c?fn=\([0-9]+\) (_ZN|_R).*' "$scratch"/{menu,first,again} |
    sed -E "s/^[^ ]* //; s/'[0-9]+\$//; s/\.llvm\..*\$/*/; s/17h[0-9a-f]{16}E/17h*/; s/Cs[0-9A-Za-z]+_/Cs*_/g" |
    LC_ALL=C sort -u)
{
    cat <<'HEAD'
/* What a start runs, side by side, then the C library: a start touches a fifth of the program's code,
   and the kernel maps it by the piece. Written by build/order.sh; a name that is gone does no harm. */
SECTIONS
{
    .text.start :
    {
HEAD
    sed 's/.*/        *(.text*&)/' <<<"$names"
    cat <<'TAIL'
        *libc.a:*(.text .text.*)
    }
}
INSERT BEFORE .text;
TAIL
} >build/start.ld
