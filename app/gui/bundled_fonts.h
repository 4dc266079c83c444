// What a package brings along beside the program.
#pragma once

namespace kinglet::gui {

/// Makes the fonts in share/kinglet/fonts known to this program, where the package has that folder: the
/// window's typefaces on systems that do not have them.
void useBundledFonts();

}  // namespace kinglet::gui
