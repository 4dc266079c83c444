# The Debian package: `cpack -G DEB` in a build folder, or ./dev package. Libraries that are linked become dependencies by
# dpkg-shlibdeps; what is opened while Kinglet runs is named here.
set(CPACK_GENERATOR "DEB")
set(CPACK_PACKAGE_NAME "kinglet")
set(CPACK_PACKAGE_VENDOR "The Kinglet authors")
set(CPACK_PACKAGING_INSTALL_PREFIX "/usr")
set(CPACK_STRIP_FILES ON)

# One package a release of Debian or Ubuntu: fmt and utf8proc have other sonames in each.
file(STRINGS "/etc/os-release" id REGEX "^ID=")
file(STRINGS "/etc/os-release" version_id REGEX "^VERSION_ID=")
string(REGEX REPLACE "^ID=\"?([^\"]*)\"?$" "\\1" id "${id}")
string(REGEX REPLACE "^VERSION_ID=\"?([^\"]*)\"?$" "\\1" version_id "${version_id}")
set(CPACK_DEBIAN_PACKAGE_VERSION "${PROJECT_VERSION}-1~${id}${version_id}")
set(CPACK_DEBIAN_FILE_NAME "DEB-DEFAULT")

set(CPACK_DEBIAN_PACKAGE_MAINTAINER "The Kinglet authors <kinglet@users.noreply.github.com>")
set(CPACK_DEBIAN_PACKAGE_SECTION "utils")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Kinglet is a window in which you chat with a language model that runs on
your own processor. Nothing that you write leaves the computer: there is no
account and no server. It opens model files in the GGUF format, and comes
with a small starter model and with kinglet-cli for the terminal.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(opened
  libqt6sql6-sqlite             # the database of chats
  qt6-wayland                   # the window on Wayland
  qml6-module-qtquick qml6-module-qtquick-window qml6-module-qtquick-layouts qml6-module-qtquick-shapes
  qml6-module-qtquick-templates qml6-module-qtqml qml6-module-qtqml-models qml6-module-qtqml-workerscript
  qml6-module-qtquick-controls qml6-module-qtquick-dialogs qml6-module-qt-labs-folderlistmodel qml6-module-qtcore
  "qt6-svg-plugins | libqt6svg6 (<< 6.6)")  # icons: a package of their own in newer releases
list(JOIN opened ", " CPACK_DEBIAN_PACKAGE_DEPENDS)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "fonts-inter, fonts-jetbrains-mono, libsecret-1-0, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "fonts-noto-cjk, fonts-noto-color-emoji, mesa-vulkan-drivers")
include(CPack)
