// What only Windows does with files: programs that lock them, and lists of who may read them.
#include <QtTest>

#include <windows.h>
// After windows.h, whose types it needs.
#include <aclapi.h>

#include "inference/gguf/atomic_file.h"
#include "inference/gguf/mapped_file.h"
#include "tests/support/files.h"

using namespace kinglet;

namespace {

/// A file that this program holds as another program might, shared as `sharing` says.
class Held {
  public:
    Held(const std::filesystem::path& path, DWORD sharing)
        : handle_(CreateFileW(path.c_str(), GENERIC_READ, sharing, nullptr, OPEN_EXISTING, 0, nullptr)) {}
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() { CloseHandle(handle_); }
    bool is_held() const { return handle_ != INVALID_HANDLE_VALUE; }

  private:
    HANDLE handle_;
};

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

class FileWindows : public QObject {
    Q_OBJECT

    test::TemporaryFolder folder_;

  private slots:
    void a_locked_file_is_named_as_such() {
        test::write_file(folder_ / "locked.gguf", "GGUF");
        const Held held(folder_ / "locked.gguf", 0);
        QVERIFY(held.is_held());
        const auto file = gguf::MappedFile::open(folder_ / "locked.gguf");
        QVERIFY(!file.has_value());
        QCOMPARE(file.error().code, ErrorCode::io);
        QVERIFY2(file.error().message.find("locked.gguf: another program is using it") != std::string::npos,
                 file.error().message.c_str());
        QVERIFY(!file.error().hint.empty());
    }

    void a_destination_in_use_keeps_its_bytes() {
        const auto path = folder_ / "used.gguf";
        test::write_file(path, "old");
        {
            const Held held(path, FILE_SHARE_READ);
            auto file = gguf::AtomicFile::create(path);
            QVERIFY(file.has_value() && file->write(bytes_of("new")).has_value());
            const auto done = file->commit();
            QVERIFY(!done.has_value());
            QVERIFY2(done.error().message.find("another program is using it") != std::string::npos,
                     done.error().message.c_str());
        }
        QCOMPARE(test::read_file(path), std::string("old"));
        auto file = gguf::AtomicFile::create(path);
        QVERIFY(file.has_value() && file->write(bytes_of("new")).has_value() && file->commit().has_value());
        QCOMPARE(test::read_file(path), std::string("new"));
        std::size_t left = 0;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
            left += entry.path().string().find(".part-") != std::string::npos ? 1 : 0;
        QCOMPARE(left, std::size_t{0});
    }

    void a_mapped_file_can_be_read_by_others() {
        test::write_file(folder_ / "mapped.gguf", "GGUF");
        const auto mapped = gguf::MappedFile::open(folder_ / "mapped.gguf");
        QVERIFY(mapped.has_value());
        QVERIFY(gguf::MappedFile::open(folder_ / "mapped.gguf").has_value());
        QCOMPARE(test::read_file(folder_ / "mapped.gguf"), std::string("GGUF"));
    }

    // A list of its own, which names neither everybody nor all accounts of the computer.
    void conversations_are_for_their_owner() {
        const auto path = folder_ / "private.session";
        auto file = gguf::AtomicFile::create(path, gguf::AtomicFile::Readers::owner);
        QVERIFY(file.has_value() && file->write(bytes_of("x")).has_value() && file->commit().has_value());
        PACL list = nullptr;
        PSECURITY_DESCRIPTOR descriptor = nullptr;
        QCOMPARE(GetNamedSecurityInfoW(path.c_str(), SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, nullptr,
                                       nullptr, &list, nullptr, &descriptor),
                 DWORD{ERROR_SUCCESS});
        QVERIFY(list != nullptr);
        bool others = false;
        for (DWORD i = 0; i < list->AceCount; ++i) {
            void* entry = nullptr;
            QVERIFY(GetAce(list, i, &entry));
            PSID who = &static_cast<ACCESS_ALLOWED_ACE*>(entry)->SidStart;
            for (const auto group : {WinWorldSid, WinBuiltinUsersSid, WinAuthenticatedUserSid})
                others = others || IsWellKnownSid(who, group);
        }
        LocalFree(descriptor);
        QVERIFY(!others);
    }
};

QTEST_GUILESS_MAIN(FileWindows)
#include "file_windows.moc"
