#include "library/forecast.h"

#include <QHash>
#include <algorithm>

namespace kinglet::library {

namespace {

constexpr qint64 mebibyte = 1 << 20;
/// Computing a token reaches this share of what memory alone would allow.
constexpr double usableBandwidth = 0.75;
/// A token takes at least this long, however small the model: seconds.
constexpr double leastTokenTime = 0.0005;

/// Bits a weight that files of that quantization have on average, with the tensors that they keep finer.
double bitsAWeight(const QString& quantization) {
    static const QHash<QString, double> bits = {
        {QStringLiteral("F32"), 32},   {QStringLiteral("F16"), 16},     {QStringLiteral("BF16"), 16},
        {QStringLiteral("Q8_0"), 8.5}, {QStringLiteral("Q6_K"), 6.6},   {QStringLiteral("Q5_K_M"), 5.7},
        {QStringLiteral("Q5_0"), 5.6}, {QStringLiteral("Q4_K_M"), 4.9}, {QStringLiteral("Q4_K_S"), 4.7},
        {QStringLiteral("Q4_0"), 4.6}, {QStringLiteral("IQ4_XS"), 4.4}, {QStringLiteral("Q3_K_M"), 4.0},
        {QStringLiteral("Q2_K"), 3.4}};
    return bits.value(quantization.toUpper(), 0);
}

}  // namespace

qint64 likelyBytes(const CatalogueModel& model, const CatalogueFile& file) {
    return static_cast<qint64>(static_cast<double>(std::max<qint64>(model.parameters, 0)) *
                               bitsAWeight(file.quantization) / 8);
}

qint64 cacheBytesPerToken(const CatalogueModel& model) {
    if (model.kind == ModelKind::Embedding) return 0;
    if (model.cacheBytesPerToken > 0) return model.cacheBytesPerToken;
    // What models of today keep grows more slowly than they do.
    const double billions = double(std::max<qint64>(model.parameters, 0)) / 1e9;
    return qint64(40e3 + 30e3 * billions);
}

Forecast forecast(const CatalogueModel& model, const CatalogueFile& file, int contextLength,
                  const Machine& machine) {
    Forecast result;
    const qint64 known = file.bytes();
    const qint64 weights = known > 0 ? known : likelyBytes(model, file);
    if (weights == 0) return result;
    result.guessed = known == 0;
    const int context =
        model.contextLength > 0 ? std::min(contextLength, model.contextLength) : contextLength;
    const qint64 cache = cacheBytesPerToken(model) * context;
    const qint64 working = 64 * mebibyte + weights / 50;
    result.memory = weights + cache + working;
    if (machine.availableMemory > 0) {
        result.memoryLeft = machine.availableMemory - result.memory;
        const qint64 comfortable = std::max<qint64>(512 * mebibyte, machine.availableMemory / 10);
        result.fit = result.memoryLeft < 0             ? Fit::No
                     : result.memoryLeft < comfortable ? Fit::Tight
                                                       : Fit::Well;
    }
    if (machine.memoryBytesPerSecond > 0 && model.kind != ModelKind::Embedding) {
        // Each token reads all weights, and of a conversation half as long as it may get keys and values.
        const double bytes = double(weights) + double(cache) / 2;
        const double seconds = bytes / (machine.memoryBytesPerSecond * usableBandwidth) + leastTokenTime;
        result.tokensPerSecond = 1 / seconds;
    }
    // A checkpoint lies there together with the model that is made of it.
    result.disk = file.isCheckpoint ? 2 * weights : weights;
    if (machine.freeDisk > 0) result.diskMissing = std::max<qint64>(0, result.disk - machine.freeDisk);
    if (machine.downloadBytesPerSecond > 0)
        result.seconds = qint64(double(weights) / machine.downloadBytesPerSecond);
    return result;
}

}  // namespace kinglet::library
