// Where Kinglet keeps what belongs to the person: chats, settings, models.
#pragma once

#include <filesystem>

namespace kinglet::machine {

/// The same for the window and kinglet-cli, and for every package of them. The first that holds:
/// - beside an AppImage, where a folder NAME.AppImage.home exists: .local/share/kinglet in that ("portable
/// mode")
/// - $XDG_DATA_HOME/kinglet, where that is set and absolute
/// - ~/.local/share/kinglet
/// On Windows %LOCALAPPDATA%\kinglet, on macOS ~/Library/Application Support/kinglet.
/// Empty where no home folder is known. The folder need not exist.
std::filesystem::path data_folder();

/// Where Kinglet keeps what it can make again, such as compiled shaders: .cache/kinglet beside an AppImage in
/// portable mode, else $XDG_CACHE_HOME/kinglet, else ~/.cache/kinglet. On Windows the folder "cache" in
/// data_folder(), on macOS
/// ~/Library/Caches/kinglet. Empty where no home folder is known.
std::filesystem::path cache_folder();

}  // namespace kinglet::machine
