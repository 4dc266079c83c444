#include "app/gui/demo_library.h"

#include "app/gui/library_worker.h"
#include "app/gui/model_library.h"

namespace kinglet::gui {

namespace {

using library::DownloadInfo;
using library::DownloadStatus;

DownloadInfo download(const char* model, const char* quantization, DownloadStatus status, qint64 received,
                      qint64 total) {
    static qint64 last = 0;
    DownloadInfo info;
    info.id = ++last;
    info.name = QLatin1String(model);
    info.details = {{QStringLiteral("catalogue"), QLatin1String(model)},
                    {QStringLiteral("quantization"), QLatin1String(quantization)}};
    info.status = status;
    info.received = received;
    info.total = total;
    return info;
}

void stock(ModelLibrary& library, const QList<DownloadInfo>& downloads) {
    library::Machine machine;
    machine.memoryBytesPerSecond = 24e9;
    machine.availableMemory = 5'300'000'000;
    machine.freeDisk = 41'000'000'000;
    machine.downloadBytesPerSecond = 24e6;
    LibrarySnapshot snapshot;
    snapshot.downloads = downloads;
    snapshot.freeDisk = machine.freeDisk;
    snapshot.availableMemory = machine.availableMemory;
    library.setDemo(library::builtInCatalogue().models, snapshot, machine);
}

}  // namespace

void stockLibrary(ModelLibrary& library) {
    stock(library, {});
}

void stockBusyLibrary(ModelLibrary& library) {
    DownloadInfo running = download("qwen3-0.6b", "Q8_0", DownloadStatus::Running, 388'000'000, 639'446'688);
    running.bytesPerSecond = 24e6;
    running.secondsLeft = 11;
    const DownloadInfo paused =
        download("smollm2-360m-instruct", "Q4_K_M", DownloadStatus::Paused, 120'000'000, 270'590'880);
    DownloadInfo failed = download("phi-2", "Q4_K_M", DownloadStatus::Failed, 702'000'000, 1'789'239'136);
    failed.problem = library::problemOf(library::Fault::NoConnection, QStringLiteral("phi-2.Q4_K_M.gguf"),
                                        QStringLiteral("huggingface.co"));
    stock(library, {running, paused, failed});
}

}  // namespace kinglet::gui
