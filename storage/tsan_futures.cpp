// Only in builds with ThreadSanitizer. Qt frees the result of a QFuture when its last owner lets go of it;
// that this comes after all that the other owners did follows from a reference count inside libQt6Core, which
// is not instrumented, so the sanitizer takes every such end for a race. Here it is told of the count: the
// programs call this function in place of Qt's, and it calls Qt's.
#include <QFutureInterface>

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

bool QFutureInterfaceBase::derefT() const noexcept {
    using Function = bool (*)(const QFutureInterfaceBase*);
    static const auto function =
        reinterpret_cast<Function>(dlsym(RTLD_NEXT, "_ZNK20QFutureInterfaceBase6derefTEv"));
    if (!d) return function(this);
    __tsan_release(d);
    const bool others = function(this);
    if (!others) __tsan_acquire(d);
    return others;
}
