# The libraries that the window needs on Windows beside Qt, for the compiler whose environment is set up: those of vcpkg, and two
# that are built against the Qt that is installed. Run by the workflows: dependencies.ps1 -Prefix FOLDER
param([Parameter(Mandatory)] [string] $Prefix)
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true

$triplet = 'x64-windows-static-md'
vcpkg install --triplet $triplet fmt nlohmann-json tl-expected cli11 utf8proc pcre2 md4c openssl zlib pkgconf

New-Item -ItemType Directory -Force $Prefix | Out-Null
$prefixPath = (Resolve-Path $Prefix).Path
$toolchain = "$env:VCPKG_INSTALLATION_ROOT/scripts/buildsystems/vcpkg.cmake"
$sources = @(
    @{ Name = 'quazip'; Url = 'https://github.com/stachenov/quazip.git'; Tag = 'v1.4'; Options = @('-DQUAZIP_QT_MAJOR_VERSION=6', '-DQUAZIP_BZIP2=OFF') },
    @{ Name = 'qtkeychain'; Url = 'https://github.com/frankosterfeld/qtkeychain.git'; Tag = '0.14.3'; Options = @('-DBUILD_WITH_QT6=ON', '-DBUILD_TRANSLATIONS=OFF', '-DBUILD_TEST_APPLICATION=OFF') }
)
foreach ($source in $sources) {
    $folder = "$prefixPath/sources/$($source.Name)"
    git clone --quiet --depth 1 --branch $source.Tag $source.Url $folder
    cmake -S $folder -B "$folder/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF "-DCMAKE_INSTALL_PREFIX=$prefixPath" `
        "-DCMAKE_TOOLCHAIN_FILE=$toolchain" "-DVCPKG_TARGET_TRIPLET=$triplet" @($source.Options)
    cmake --build "$folder/build"
    cmake --install "$folder/build"
}
