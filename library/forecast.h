// What a model will be like on this computer, said before its first byte is fetched.
#pragma once

#include <QtGlobal>

#include "library/catalogue.h"

namespace kinglet::library {

/// What is known of this computer; 0 where it is not.
struct Machine {
    double memoryBytesPerSecond = 0;    ///< that all cores together read
    qint64 availableMemory = 0;         ///< now, not installed
    qint64 freeDisk = 0;                ///< where models are kept
    double downloadBytesPerSecond = 0;  ///< of the last downloads
};

enum class Fit {
    Unknown,
    Well,
    Tight,  ///< it fits, and leaves little to other programs
    No
};

struct Forecast {
    bool guessed =
        false;  ///< the file's length is not known: all of this is from its parameters and quantization
    Fit fit = Fit::Unknown;
    qint64 memory = 0;           ///< bytes: weights, keys and values, working memory
    qint64 memoryLeft = 0;       ///< of what is available; negative: what is missing
    double tokensPerSecond = 0;  ///< 0: not known
    qint64 disk = 0;             ///< bytes that will be written
    qint64 diskMissing = 0;      ///< 0: there is room, or it is not known
    qint64 seconds = -1;         ///< that fetching takes; -1: not known
};

/// Bytes of weights where the catalogue has no length: from the number of parameters and the usual bits of
/// that quantization. 0 where either is not known.
qint64 likelyBytes(const CatalogueModel& model, const CatalogueFile& file);

/// Bytes of keys and values a token in F16: as the catalogue says, else a cautious guess from the number of
/// parameters.
qint64 cacheBytesPerToken(const CatalogueModel& model);

/// `contextLength` is the chosen one; the model's own counts where it is shorter.
Forecast forecast(const CatalogueModel& model, const CatalogueFile& file, int contextLength,
                  const Machine& machine);

}  // namespace kinglet::library
