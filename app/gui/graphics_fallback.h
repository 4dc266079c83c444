// A window on machines whose OpenGL does not work.
#pragma once

namespace kinglet::gui {

/// Until firstFrameIsDrawn(), a program that dies (Qt ends it where there is no OpenGL driver; a broken
/// driver may crash) starts anew with Qt Quick's software renderer. Nothing where a renderer was chosen by
/// QT_QUICK_BACKEND, or on systems other than Linux. Call once, when the application object stands and before
/// there is a window.
void fallBackToSoftwareRenderer(char** arguments);

/// From now on a crash is a crash.
void firstFrameIsDrawn();

}  // namespace kinglet::gui
