// Where access tokens of hubs are kept between runs: with the desktop's other secrets, in no file of ours.
#pragma once

#include <QByteArray>
#include <QUrl>
#include <functional>
#include <memory>
#include <optional>

namespace kinglet::gui {

/// One token a hub. Answers come on the calling thread, later; what they call must tell by itself whether it
/// is still wanted.
class TokenStore {
  public:
    virtual ~TokenStore() = default;
    /// Empty where none is kept, or nothing can be asked.
    virtual void read(const QUrl& hub, std::function<void(std::optional<QByteArray> token)> then) = 0;
    /// False where this desktop keeps no secrets.
    virtual void write(const QUrl& hub, const QByteArray& token, std::function<void(bool kept)> then) = 0;
    virtual void remove(const QUrl& hub) = 0;
};

/// The desktop's own: Secret Service or KWallet on Linux, Keychain on macOS, Credential Manager on Windows.
std::unique_ptr<TokenStore> desktopTokenStore();

}  // namespace kinglet::gui
