// Going on when a future of the store is done.
#pragma once

#include "storage/futures.h"

namespace kinglet::gui {

using storage::whenDone;

}  // namespace kinglet::gui
