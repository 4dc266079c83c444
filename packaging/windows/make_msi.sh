#!/usr/bin/env bash
# Packs kinglet-cli for Windows from a build folder: packaging/windows/make_msi.sh BUILD_FOLDER DIST_FOLDER
# The build folder is that of the preset "windows" (./dev test --windows makes it). Prints the MSI's name.
set -euo pipefail

[ $# = 2 ] || { printf 'Usage: %s BUILD_FOLDER DIST_FOLDER\n' "$0" >&2; exit 2; }
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$1
dist=$2
stage="$build/stage"
version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")
prefix=$(sed -n 's/^KINGLET_CROSS_PREFIX:[A-Z]*=//p' "$build/CMakeCache.txt")

rm -rf "$stage"
cmake --install "$build" --prefix "$stage" --strip >/dev/null
mkdir -p "$stage/share/doc" "$dist"
cp "$root/LICENSE" "$stage/share/doc/LICENSE.txt"
# What is linked into the program: its libraries, and the compiler's own.
{
    printf 'kinglet-cli holds parts of the programs below, each with its copyright and licence.\n'
    for copyright in "$prefix"/share/doc/*/copyright; do
        printf '\n======== %s\n\n' "$(basename "$(dirname "$copyright")")"
        cat "$copyright"
    done
} >"$stage/share/doc/third-party-licenses.txt"

msi="$dist/kinglet-cli-$version-windows-x64.msi"
wixl --arch x64 -D "Stage=$stage" -o "$msi" "$build/packaging/windows/kinglet-cli.wxs"
printf '%s\n' "$msi"
