#!/usr/bin/env bash
# Builds Kinglet for one kind of processor on macOS: packaging/macos/build.sh arm64|x86_64 [ON for tests too]
# Needs Xcode's command line tools, ninja, git and a universal Qt that CMake finds (Qt6_DIR or CMAKE_PREFIX_PATH). Kernels are chosen
# when a tree is configured, so a universal program is made of two trees: make_dmg.sh.
set -euo pipefail

case "${1:-}" in
    arm64) triplet=arm64-osx ;;
    x86_64) triplet=x64-osx ;;
    *) printf 'Usage: %s arm64|x86_64 [ON]\n' "$0" >&2; exit 2 ;;
esac
architecture=$1
tests=${2:-OFF}
root=$(cd "$(dirname "$0")/../.." && pwd)
libraries="$root/build/macos-libraries-$architecture"
vcpkg="$root/build/vcpkg"

# The libraries, static, for this kind of processor.
[ -x "$vcpkg/vcpkg" ] || {
    git clone --quiet https://github.com/microsoft/vcpkg.git "$vcpkg"
    "$vcpkg/bootstrap-vcpkg.sh" -disableMetrics
}
"$vcpkg/vcpkg" install --triplet "$triplet" fmt nlohmann-json tl-expected cli11 utf8proc pcre2 md4c openssl zlib pkgconf

common=(-G Ninja -DCMAKE_BUILD_TYPE=Release "-DCMAKE_OSX_ARCHITECTURES=$architecture" -DCMAKE_OSX_DEPLOYMENT_TARGET=12.0
    "-DCMAKE_TOOLCHAIN_FILE=$vcpkg/scripts/buildsystems/vcpkg.cmake" "-DVCPKG_TARGET_TRIPLET=$triplet"
    "-DCMAKE_PREFIX_PATH=$libraries;${CMAKE_PREFIX_PATH:-${QT_ROOT_DIR:-}}")
export PKG_CONFIG_PATH="$vcpkg/installed/$triplet/lib/pkgconfig"

# library NAME URL TAG [OPTIONS...]: those that are built against Qt.
library() {
    local name=$1 url=$2 tag=$3 source="$libraries/sources/$1"
    shift 3
    [ -d "$source" ] || git clone --quiet --depth 1 --branch "$tag" "$url" "$source"
    cmake -S "$source" -B "$source/build" "${common[@]}" -DBUILD_SHARED_LIBS=OFF "-DCMAKE_INSTALL_PREFIX=$libraries" "$@"
    cmake --build "$source/build"
    cmake --install "$source/build"
    printf 'built %s\n' "$name" >&2
}
library quazip https://github.com/stachenov/quazip.git v1.4 -DQUAZIP_QT_MAJOR_VERSION=6 -DQUAZIP_BZIP2=OFF
library qtkeychain https://github.com/frankosterfeld/qtkeychain.git 0.14.3 -DBUILD_WITH_QT6=ON -DBUILD_TRANSLATIONS=OFF \
    -DBUILD_TEST_APPLICATION=OFF

cmake -S "$root" -B "$root/build/macos-$architecture" "${common[@]}" "-DKINGLET_BUILD_TESTS=$tests"
cmake --build "$root/build/macos-$architecture"
