// Models that can be had, for pictures and demos.
#pragma once

namespace kinglet::gui {

class ModelLibrary;

/// The catalogue that ships, on a made-up machine.
void stockLibrary(ModelLibrary& library);
/// The same with downloads in several states.
void stockBusyLibrary(ModelLibrary& library);

}  // namespace kinglet::gui
