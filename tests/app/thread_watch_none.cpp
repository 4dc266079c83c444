// Where nothing can stand in for the C library's functions.
#include "tests/app/thread_watch.h"

namespace kinglet::test {

bool watchAvailable() {
    return false;
}
void beginWatch(const std::string&) {}
void endWatch() {}
void handlerBegins() {}
void handlerEnds() {}
WatchReport watchReport() {
    return {};
}
void hangDisk(bool) {}
void hangEngine(bool) {}
bool diskHangs() {
    return false;
}
bool engineHangs() {
    return false;
}

}  // namespace kinglet::test
