#!/usr/bin/env bash
# Builds the libraries of the engine for another system into a folder, from the sources of this Debian or Ubuntu release:
#   packaging/cross/dependencies.sh TOOLCHAIN.cmake PREFIX
# apt fetches the sources with lists of its own, checked by the archive's signatures; nothing of this machine's apt settings
# changes and no root is needed. The libraries that are headers only are copied from this machine's packages.
set -euo pipefail

[ $# = 2 ] || { printf 'Usage: %s TOOLCHAIN.cmake PREFIX\n' "$0" >&2; exit 2; }
toolchain=$(readlink -f "$1")
mkdir -p "$2"
prefix=$(readlink -f "$2")
# Source packages; each is built by its own CMake files.
sources=(fmtlib pcre2 utf8proc)
# The package whose libraries are linked into programs.
case "$toolchain" in
    */mingw-w64.cmake) compiler=g++-mingw-w64-x86-64-posix ;;
    *) compiler=g++-aarch64-linux-gnu ;;
esac
headers_only=(nlohmann-json3-dev libcli11-dev libexpected-dev)

# What the folder holds is as new as this script, the toolchain and the release.
# shellcheck disable=SC1091
release=$(. /etc/os-release; printf '%s %s' "$ID" "$VERSION_CODENAME")
state="$release $(cat "$0" "$toolchain" | sha256sum)"
if [ "$(cat "$prefix/complete" 2>/dev/null)" = "$state" ]; then
    exit 0
fi
rm -rf "${prefix:?}"/{complete,include,lib,share,sources,apt}
mkdir -p "$prefix"/{include,lib,share,sources} "$prefix"/apt/{lists,cache}

# --- sources --------------------------------------------------------------------------------------------------

# The archives that this machine knows already, asked for sources.
codename=${release#* }
keyring=/usr/share/keyrings/${release% *}-archive-keyring.gpg
[ -r "$keyring" ] || { printf '%s is missing, so sources could not be checked.\n' "$keyring" >&2; exit 1; }
# The words after $ are apt's.
# shellcheck disable=SC2016
apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v codename="$codename" -v keyring="$keyring" \
        'index($2, codename) == 1 && !seen[$0]++ { print "deb-src [signed-by=" keyring "] " $0 }' >"$prefix/apt/sources.list"
[ -s "$prefix/apt/sources.list" ] || { printf 'apt knows no archive of %s.\n' "$codename" >&2; exit 1; }
apt=(apt-get -q -o "Dir::Etc::SourceList=$prefix/apt/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$prefix/apt/lists"
    -o "Dir::Cache=$prefix/apt/cache" -o APT::Sandbox::User=root -o Debug::NoLocking=1)
"${apt[@]}" update >&2
for source in "${sources[@]}"; do
    # Some mirrors list security updates and lack their files; the release as it came out will do for tests.
    (cd "$prefix/sources" && { "${apt[@]}" source --only-source "$source" ||
        "${apt[@]}" source --only-source --target-release "$codename" "$source"; } >&2)
done

# --- building -------------------------------------------------------------------------------------------------

# build SOURCE [OPTIONS of cmake...]
build() {
    local source=$1 folder
    shift
    folder=$(find "$prefix/sources" -maxdepth 1 -type d -name "$source-*" -print -quit)
    cmake -S "$folder" -B "$prefix/sources/build-$source" -G Ninja -DCMAKE_BUILD_TYPE=Release "-DCMAKE_TOOLCHAIN_FILE=$toolchain" \
        "-DKINGLET_CROSS_PREFIX=$prefix" "-DCMAKE_INSTALL_PREFIX=$prefix" -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF \
        -DCMAKE_POSITION_INDEPENDENT_CODE=ON "$@" >&2
    cmake --build "$prefix/sources/build-$source" >&2
    cmake --install "$prefix/sources/build-$source" >&2
}
build fmtlib -DFMT_TEST=OFF -DFMT_DOC=OFF
build pcre2 -DBUILD_STATIC_LIBS=ON -DPCRE2_SUPPORT_JIT=ON -DPCRE2_BUILD_TESTS=OFF -DPCRE2_BUILD_PCRE2GREP=OFF
build utf8proc -DUTF8PROC_ENABLE_TESTING=OFF
# Windows headers name functions of a DLL unless told otherwise.
sed -i 's/^Cflags:.*/& -DUTF8PROC_STATIC/' "$prefix/lib/pkgconfig/libutf8proc.pc"
grep -q PCRE2_STATIC "$prefix/lib/pkgconfig/libpcre2-8.pc" || sed -i 's/^Cflags:.*/& -DPCRE2_STATIC/' "$prefix/lib/pkgconfig/libpcre2-8.pc"

for package in "${headers_only[@]}"; do
    dpkg-query -L "$package" | while read -r file; do
        case "$file" in
            /usr/include/* | /usr/share/cmake/*) [ ! -f "$file" ] || install -D -m 644 "$file" "$prefix/${file#/usr/}" ;;
        esac
    done
done
# Their licences; the library packages hold the files that -dev packages link to.
for package in "${headers_only[@]}" libfmt-dev libpcre2-dev libutf8proc-dev "$compiler"; do
    install -D -m 644 "$(readlink -f "/usr/share/doc/$package/copyright")" "$prefix/share/doc/$package/copyright"
done
rm -rf "$prefix/sources" "$prefix/apt"
printf '%s' "$state" >"$prefix/complete"
