// What of files is the operating system's own on Windows: mapping, and renaming what is complete.
#include <fcntl.h>
#include <fmt/format.h>
#include <io.h>
#include <windows.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <utility>
#include <vector>

#include "inference/gguf/atomic_file.h"
#include "inference/gguf/mapped_file.h"
#include "inference/gguf/windows_error.h"
#include "inference/gguf/windows_path.h"

namespace kinglet::gguf {
namespace {

class Handle {
  public:
    explicit Handle(HANDLE handle) : handle_(handle) {}
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
        if (is_open()) CloseHandle(handle_);
    }
    bool is_open() const { return handle_ != INVALID_HANDLE_VALUE && handle_ != nullptr; }
    HANDLE get() const { return handle_; }

  private:
    HANDLE handle_;
};

/// A list of who may do what that names this process's user alone. Kept alive while it is used.
class OwnerOnly {
  public:
    /// Null where the system refuses: the file then has the permissions of its folder.
    SECURITY_ATTRIBUTES* attributes() {
        HANDLE token = nullptr;
        if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return nullptr;
        const Handle owned(token);
        DWORD size = 0;
        GetTokenInformation(token, TokenUser, nullptr, 0, &size);
        user_.resize(size);
        if (size == 0 || !GetTokenInformation(token, TokenUser, user_.data(), size, &size)) return nullptr;
        PSID user = reinterpret_cast<TOKEN_USER*>(user_.data())->User.Sid;
        list_.resize(sizeof(ACL) + sizeof(ACCESS_ALLOWED_ACE) + GetLengthSid(user));
        auto* const list = reinterpret_cast<ACL*>(list_.data());
        if (!InitializeAcl(list, static_cast<DWORD>(list_.size()), ACL_REVISION) ||
            !AddAccessAllowedAce(list, ACL_REVISION, FILE_ALL_ACCESS, user) ||
            !InitializeSecurityDescriptor(&descriptor_, SECURITY_DESCRIPTOR_REVISION) ||
            !SetSecurityDescriptorDacl(&descriptor_, TRUE, list, FALSE) ||
            !SetSecurityDescriptorControl(&descriptor_, SE_DACL_PROTECTED, SE_DACL_PROTECTED))
            return nullptr;
        return &attributes_;
    }

  private:
    std::vector<std::byte> user_;
    std::vector<std::byte> list_;
    SECURITY_DESCRIPTOR descriptor_{};
    SECURITY_ATTRIBUTES attributes_{sizeof(SECURITY_ATTRIBUTES), &descriptor_, FALSE};
};

Error no_model_file(const std::string& name, const char* what) {
    return {ErrorCode::not_a_file,
            fmt::format("{} is {}", name, what),
            "Choose a file that ends in .gguf.",
            name,
            {}};
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
    const std::string name = path.string();
    // Others may read and rename it meanwhile. Folders open with the flag for backups alone.
    const Handle file(CreateFileW(system_path(path).c_str(), GENERIC_READ,
                                  FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING,
                                  FILE_FLAG_BACKUP_SEMANTICS, nullptr));
    if (!file.is_open()) return tl::unexpected(windows_error(GetLastError(), path, "read"));
    if (GetFileType(file.get()) != FILE_TYPE_DISK)
        return tl::unexpected(no_model_file(name, "not an ordinary file"));
    BY_HANDLE_FILE_INFORMATION facts{};
    if (!GetFileInformationByHandle(file.get(), &facts))
        return tl::unexpected(windows_error(GetLastError(), path, "read"));
    if ((facts.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
        return tl::unexpected(no_model_file(name, "a folder, not a model file"));
    const std::uint64_t size = (std::uint64_t{facts.nFileSizeHigh} << 32) | facts.nFileSizeLow;
    if (size == 0) {
        return tl::unexpected(Error{ErrorCode::truncated, fmt::format("{} is empty", name),
                                    "The download may have failed; download it again.", name, 0});
    }
    const Handle mapping(CreateFileMappingW(file.get(), nullptr, PAGE_READONLY, 0, 0, nullptr));
    if (!mapping.is_open()) return tl::unexpected(windows_error(GetLastError(), path, "read"));
    // The view keeps the mapping and the file.
    const void* data = MapViewOfFile(mapping.get(), FILE_MAP_READ, 0, 0, 0);
    if (data == nullptr) return tl::unexpected(windows_error(GetLastError(), path, "read"));
    MappedFile mapped;
    mapped.data_ = static_cast<const std::byte*>(data);
    mapped.size_ = static_cast<std::size_t>(size);
    return mapped;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

MappedFile::~MappedFile() {
    if (data_ != nullptr) UnmapViewOfFile(data_);
}

std::span<std::byte> MappedFile::pages(std::uint64_t offset, std::uint64_t length) const {
    constexpr std::uint64_t page = 4096;
    offset = std::min<std::uint64_t>(offset, size_);
    const std::uint64_t begin = offset / page * page;
    const std::uint64_t end = offset + std::min<std::uint64_t>(length, size_ - offset);
    if (end <= begin) return {};
    return {const_cast<std::byte*>(data_ + begin), static_cast<std::size_t>(end - begin)};
}

void MappedFile::preload(std::uint64_t offset, std::uint64_t length) const {
    const std::span<std::byte> range = pages(offset, length);
    if (range.empty()) return;
    WIN32_MEMORY_RANGE_ENTRY entry{range.data(), range.size()};
    PrefetchVirtualMemory(GetCurrentProcess(), 1, &entry, 0);
}

void MappedFile::release(std::uint64_t offset, std::uint64_t length) const {
    const std::span<std::byte> range = pages(offset, length);
    // Of pages that are not locked it takes them out of the working set, as its description says.
    if (!range.empty()) VirtualUnlock(range.data(), range.size());
}

std::uint64_t physical_memory() {
    MEMORYSTATUSEX status{};
    status.dwLength = sizeof status;
    return GlobalMemoryStatusEx(&status) ? status.ullTotalPhys : 0;
}

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& destination, Readers readers) {
    AtomicFile file;
    file.destination_ = destination;
    OwnerOnly owner;
    SECURITY_ATTRIBUTES* const attributes = readers == Readers::owner ? owner.attributes() : nullptr;
    std::random_device random;
    HANDLE handle = INVALID_HANDLE_VALUE;
    // Another program's file of that name is left alone.
    for (int attempt = 0; attempt < 100 && handle == INVALID_HANDLE_VALUE; ++attempt) {
        file.temporary_ = destination;
        file.temporary_ += fmt::format(".part-{:06x}", random() & 0xFFFFFFU);
        handle = CreateFileW(system_path(file.temporary_).c_str(), GENERIC_WRITE, FILE_SHARE_READ, attributes,
                             CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr);
        if (handle == INVALID_HANDLE_VALUE && GetLastError() != ERROR_FILE_EXISTS) break;
    }
    if (handle == INVALID_HANDLE_VALUE) {
        Error error = windows_error(GetLastError(), destination, "write");
        if (error.code == ErrorCode::not_found) {
            error.message = fmt::format("The folder of {} does not exist", destination.string());
            error.hint = "Create the folder, or choose another place.";
        }
        return tl::unexpected(std::move(error));
    }
    file.handle_ = _open_osfhandle(reinterpret_cast<std::intptr_t>(handle), _O_BINARY);
    if (file.handle_ < 0) {
        CloseHandle(handle);
        DeleteFileW(system_path(file.temporary_).c_str());
        return tl::unexpected(windows_error(ERROR_TOO_MANY_OPEN_FILES, destination, "write"));
    }
    return file;
}

void AtomicFile::discard() {
    if (handle_ < 0) return;
    _close(std::exchange(handle_, -1));
    DeleteFileW(system_path(temporary_).c_str());
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
    const auto file = reinterpret_cast<HANDLE>(_get_osfhandle(handle_));
    while (!bytes.empty()) {
        DWORD done = 0;
        const auto size = static_cast<DWORD>(std::min<std::size_t>(bytes.size(), 1U << 30));
        if (!WriteFile(file, bytes.data(), size, &done, nullptr)) {
            Error error = windows_error(GetLastError(), destination_, "write");
            discard();
            return tl::unexpected(std::move(error));
        }
        bytes = bytes.subspan(done);
    }
    return {};
}

Status AtomicFile::commit() {
    // A file that is open cannot be renamed.
    const bool flushed = FlushFileBuffers(reinterpret_cast<HANDLE>(_get_osfhandle(handle_))) != 0;
    DWORD problem = flushed ? ERROR_SUCCESS : GetLastError();
    _close(std::exchange(handle_, -1));
    const std::wstring temporary = system_path(temporary_);
    if (flushed && MoveFileExW(temporary.c_str(), system_path(destination_).c_str(),
                               MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        return {};
    if (flushed) problem = GetLastError();
    // Windows says "access denied" of a destination that a program has open, too.
    if (problem == ERROR_ACCESS_DENIED && (GetFileAttributesW(system_path(destination_).c_str()) &
                                           (FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_DIRECTORY)) == 0)
        problem = ERROR_SHARING_VIOLATION;
    DeleteFileW(temporary.c_str());
    return tl::unexpected(windows_error(problem, destination_, "write"));
}

}  // namespace kinglet::gguf
