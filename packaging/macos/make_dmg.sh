#!/usr/bin/env bash
# Joins two builds of Kinglet (build.sh) into one universal application and packs it:
#   packaging/macos/make_dmg.sh ARM64_BUILD X86_64_BUILD DIST
# MACOS_SIGN_IDENTITY names a certificate of the keychain; without it the application is signed ad hoc, and macOS asks the person
# before the first start. Prints the file's name.
set -euo pipefail

[ $# = 3 ] || { printf 'Usage: %s ARM64_BUILD X86_64_BUILD DIST\n' "$0" >&2; exit 2; }
arm=$1
intel=$2
dist=$3
here=$(cd "$(dirname "$0")" && pwd)
identity=${MACOS_SIGN_IDENTITY:--}
version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$arm/CMakeCache.txt")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The application of one build, with the programs of both in it.
app="$work/image/Kinglet.app"
mkdir -p "$work/image" "$dist"
cmake --install "$arm" --prefix "$work/arm" >/dev/null
cmake --install "$intel" --prefix "$work/intel" >/dev/null
cp -R "$work/arm/Kinglet.app" "$app"
for program in kinglet kinglet-cli; do
    lipo -create "$work/arm/Kinglet.app/Contents/MacOS/$program" "$work/intel/Kinglet.app/Contents/MacOS/$program" \
        -output "$app/Contents/MacOS/$program"
    [ "$(lipo -archs "$app/Contents/MacOS/$program" | wc -w)" -eq 2 ]
done

# Qt, which comes universal.
macdeployqt "$app" "-qmldir=$here/../../ui/qml" -verbose=1 >&2
options=(--force --deep --sign "$identity")
if [ "$identity" != - ]; then options+=(--options runtime --timestamp); fi
codesign "${options[@]}" "$app"
codesign --verify --deep --strict "$app"

# A folder with a background and a link to Applications to drag onto.
ln -s /Applications "$work/image/Applications"
mkdir "$work/image/.background"
sips -s format png "$here/background.svg" --out "$work/image/.background/background.png" >/dev/null
hdiutil create -quiet -srcfolder "$work/image" -volname Kinglet -fs HFS+ -format UDRW "$work/kinglet.dmg"
hdiutil attach -quiet -noautoopen -mountpoint "$work/mounted" "$work/kinglet.dmg"
# Finder keeps the layout in the image itself; without a desktop session there is none, and the link is there all the same.
osascript "$here/layout.applescript" "$work/mounted" >&2 || printf 'make_dmg: Finder could not lay the image out\n' >&2
hdiutil detach -quiet "$work/mounted"
file="$dist/kinglet-$version-macos-universal.dmg"
hdiutil convert -quiet "$work/kinglet.dmg" -format UDZO -ov -o "$file"
if [ "$identity" != - ]; then codesign --sign "$identity" --timestamp "$file"; fi
printf '%s\n' "$file"
