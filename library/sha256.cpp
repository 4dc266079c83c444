#include "library/sha256.h"

#include <QFile>

#ifdef KINGLET_HAVE_OPENSSL
#include <openssl/evp.h>
#else
#include <QCryptographicHash>
#endif

namespace kinglet::library {

#ifdef KINGLET_HAVE_OPENSSL

struct Sha256::Private {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

void Sha256::add(const char* data, qsizetype length) {
    EVP_DigestUpdate(d->context.get(), data, static_cast<std::size_t>(length));
}

QByteArray Sha256::hex() {
    QByteArray digest(EVP_MAX_MD_SIZE, '\0');
    unsigned int length = 0;
    EVP_DigestFinal_ex(d->context.get(), reinterpret_cast<unsigned char*>(digest.data()), &length);
    return digest.left(qsizetype(length)).toHex();
}

void Sha256::reset() {
    EVP_DigestInit_ex(d->context.get(), EVP_sha256(), nullptr);
}

#else

struct Sha256::Private {
    QCryptographicHash hash{QCryptographicHash::Sha256};
};

void Sha256::add(const char* data, qsizetype length) {
    d->hash.addData(QByteArrayView(data, length));
}

QByteArray Sha256::hex() {
    return d->hash.result().toHex();
}

void Sha256::reset() {
    d->hash.reset();
}

#endif

Sha256::Sha256() : d(std::make_unique<Private>()) {
    reset();
}

Sha256::~Sha256() = default;

QString sha256OfFile(const QString& path, const std::function<bool()>& stop) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly | QIODevice::Unbuffered)) return {};
    Sha256 hash;
    QByteArray buffer(1 << 20, Qt::Uninitialized);
    while (!stop()) {
        const qint64 read = file.read(buffer.data(), buffer.size());
        if (read < 0) return {};
        if (read == 0) return QString::fromLatin1(hash.hex());
        hash.add(buffer.constData(), read);
    }
    return {};
}

}  // namespace kinglet::library
