# The MSI of the window: `cpack -G WIX` in a build folder, on Windows with WiX 3 and CMake 3.29 or newer. For one account, without
# administrator rights; a newer version takes the place of an older one; data lie in %LOCALAPPDATA%\kinglet, which no installer
# touches.
install(TARGETS kinglet RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
# windeployqt, for what the program and its QML use.
qt_generate_deploy_qml_app_script(TARGET kinglet OUTPUT_SCRIPT deploy_script)
install(SCRIPT "${deploy_script}")

configure_file("${PROJECT_SOURCE_DIR}/LICENSE" "${CMAKE_CURRENT_BINARY_DIR}/LICENSE.txt" COPYONLY)
set(CPACK_GENERATOR "WIX")
set(CPACK_PACKAGE_NAME "Kinglet")
set(CPACK_PACKAGE_VENDOR "The Kinglet authors")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_FILE_NAME "kinglet-${PROJECT_VERSION}-windows-x64")
set(CPACK_PACKAGE_INSTALL_DIRECTORY "Programs/Kinglet")
set(CPACK_PACKAGE_EXECUTABLES kinglet "Kinglet")
set(CPACK_RESOURCE_FILE_LICENSE "${CMAKE_CURRENT_BINARY_DIR}/LICENSE.txt")
# Never to be changed: it says that versions are one product.
set(CPACK_WIX_UPGRADE_GUID "0C4D3B60-5E0C-4E62-9C33-52E1E9B4A8F7")
set(CPACK_WIX_INSTALL_SCOPE perUser)
set(CPACK_WIX_ROOT_FOLDER_ID LocalAppDataFolder)
set(CPACK_WIX_PATCH_FILE "${CMAKE_CURRENT_SOURCE_DIR}/window.wixpatch")
include(CPack)
