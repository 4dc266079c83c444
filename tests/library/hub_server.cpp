// The loopback hub as a program of its own, for what is tested from outside
// (packaging/linux/check_packages.py).
//   library_hub_server MODEL.gguf
// Serves the file as wren-Q8_0.gguf of birds/Wren-GGUF, prints its address, and ends when its input does.
#include <QCoreApplication>
#include <QFile>
#include <cstdio>

#include "tests/library/test_hub.h"

int main(int argc, char** argv) {
    const QCoreApplication application(argc, argv);
    QFile file(QCoreApplication::arguments().value(1));
    if (!file.open(QIODevice::ReadOnly)) {
        std::fprintf(stderr, "library_hub_server: \"%s\" cannot be read.\n", qPrintable(file.fileName()));
        return 1;
    }
    kinglet::library::testing::TestHub hub;
    hub.setFile(QStringLiteral("birds/Wren-GGUF"), QStringLiteral("wren-Q8_0.gguf"), file.readAll());
    std::printf("%s\n", qPrintable(hub.endpoint().toString()));
    std::fflush(stdout);
    while (std::getchar() != EOF) continue;
    return 0;
}
