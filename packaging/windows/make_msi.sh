#!/usr/bin/env bash
# Packs kinglet-cli for Windows from a build folder: packaging/windows/make_msi.sh BUILD_FOLDER DIST_FOLDER [VERSION]
# The build folder is that of the preset "windows" (./dev test --windows makes it). Prints the MSI's name. Another VERSION than
# the project's is for trying an upgrade.
set -euo pipefail

[ $# = 2 ] || [ $# = 3 ] || { printf 'Usage: %s BUILD_FOLDER DIST_FOLDER [VERSION]\n' "$0" >&2; exit 2; }
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(readlink -f "$1")
mkdir -p "$2"
dist=$(readlink -f "$2")
stage="$build/stage"
built=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")
version=${3:-$built}
prefix=$(sed -n 's/^KINGLET_CROSS_PREFIX:[A-Z]*=//p' "$build/CMakeCache.txt")

rm -rf "$stage"
cmake --install "$build" --prefix "$stage" --strip >/dev/null
mkdir -p "$stage/share/doc"
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
sed "s/\"$built\"/\"$version\"/" "$build/packaging/windows/kinglet-cli.wxs" >"$build/stage.wxs"
# wixl looks for files below the current folder only.
(cd "$build" && wixl --arch x64 -D Stage=stage -o "$msi" stage.wxs)
# The program's folder at the end of the account's PATH, and out of it when it is removed ("=-"), for which wixl has no words.
# The quotes are SQL's.
# shellcheck disable=SC2016
msibuild "$msi" -q 'CREATE TABLE `Environment` (`Environment` CHAR(72) NOT NULL, `Name` CHAR(255) NOT NULL LOCALIZABLE, `Value` CHAR(255) LOCALIZABLE, `Component_` CHAR(72) NOT NULL PRIMARY KEY `Environment`)' \
    "INSERT INTO \`Environment\` (\`Environment\`, \`Name\`, \`Value\`, \`Component_\`) VALUES ('Path', '=-PATH', '[~];[BinFolder]', 'Program')" \
    "INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Sequence\`) VALUES ('RemoveEnvironmentStrings', 3300)" \
    "INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Sequence\`) VALUES ('WriteEnvironmentStrings', 5200)"
printf '%s\n' "$msi"
