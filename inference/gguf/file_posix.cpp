// What of files is the operating system's own on Linux and macOS: mapping, and renaming what is complete.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "inference/gguf/atomic_file.h"
#include "inference/gguf/mapped_file.h"

namespace kinglet::gguf {
namespace {

/// Of the error numbers, those that a person can act on in words of our own.
Error system_error(int number, const std::filesystem::path& path, std::string_view doing) {
    const std::string name = path.string();
    if (number == ENOENT || number == ENOTDIR) {
        return {ErrorCode::not_found,
                fmt::format("{} does not exist", name),
                "Check the name, or choose another file.",
                name,
                {}};
    }
    if (number == EACCES || number == EPERM || number == EROFS) {
        return {ErrorCode::permission_denied,
                fmt::format("No permission to {} {}", doing, name),
                "Change the file's permissions, or choose another place.",
                name,
                {}};
    }
    if (number == ENOSPC || number == EDQUOT) {
        return {ErrorCode::io,
                fmt::format("There is no room left on the disk to {} {}", doing, name),
                "Free some space and try again.",
                name,
                {}};
    }
    return {ErrorCode::io,
            fmt::format("Could not {} {}: {}", doing, name, std::strerror(number)),
            "Check that the disk is connected and try again.",
            name,
            {}};
}

class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int number() const { return number_; }

  private:
    int number_;
};

}  // namespace

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
    const std::string name = path.string();
    // O_NONBLOCK: opening a named pipe that nobody writes to must not wait for ever.
    const Descriptor file(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.number() < 0) return tl::unexpected(system_error(errno, path, "read"));
    struct stat facts {};
    if (::fstat(file.number(), &facts) != 0) return tl::unexpected(system_error(errno, path, "read"));
    if (S_ISDIR(facts.st_mode)) {
        return tl::unexpected(Error{ErrorCode::not_a_file,
                                    fmt::format("{} is a folder, not a model file", name),
                                    "Choose a file that ends in .gguf.",
                                    name,
                                    {}});
    }
    if (!S_ISREG(facts.st_mode)) {
        return tl::unexpected(Error{ErrorCode::not_a_file,
                                    fmt::format("{} is not an ordinary file", name),
                                    "Choose a file that ends in .gguf.",
                                    name,
                                    {}});
    }
    if (facts.st_size <= 0) {
        return tl::unexpected(Error{ErrorCode::truncated, fmt::format("{} is empty", name),
                                    "The download may have failed; download it again.", name, 0});
    }
    const auto size = static_cast<std::size_t>(facts.st_size);
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.number(), 0);
    if (data == MAP_FAILED) return tl::unexpected(system_error(errno, path, "read"));
    MappedFile mapped;
    mapped.data_ = static_cast<const std::byte*>(data);
    mapped.size_ = size;
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
    if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

std::span<std::byte> MappedFile::pages(std::uint64_t offset, std::uint64_t length) const {
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    offset = std::min<std::uint64_t>(offset, size_);
    const std::uint64_t begin = offset / page * page;
    const std::uint64_t end = offset + std::min<std::uint64_t>(length, size_ - offset);
    if (end <= begin) return {};
    return {const_cast<std::byte*>(data_ + begin), static_cast<std::size_t>(end - begin)};
}

void MappedFile::preload(std::uint64_t offset, std::uint64_t length) const {
    const std::span<std::byte> range = pages(offset, length);
    if (range.empty()) return;
#ifdef MADV_POPULATE_READ
    if (::madvise(range.data(), range.size(), MADV_POPULATE_READ) == 0) return;
#endif
    ::madvise(range.data(), range.size(), MADV_WILLNEED);
}

void MappedFile::release(std::uint64_t offset, std::uint64_t length) const {
    const std::span<std::byte> range = pages(offset, length);
    if (!range.empty()) ::madvise(range.data(), range.size(), MADV_DONTNEED);
}

std::uint64_t physical_memory() {
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long page = ::sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) : 0;
}

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& destination, Readers readers) {
    AtomicFile file;
    file.destination_ = destination;
    std::string pattern = destination.string() + ".part-XXXXXX";
    const int handle = ::mkstemp(pattern.data());
    if (handle < 0) {
        Error error = system_error(errno, destination, "write");
        if (error.code == ErrorCode::not_found) {
            error.message = fmt::format("The folder of {} does not exist", destination.string());
            error.hint = "Create the folder, or choose another place.";
        }
        return tl::unexpected(std::move(error));
    }
    // mkstemp lets nobody but the owner read.
    if (readers == Readers::everybody) ::fchmod(handle, 0644);
    file.temporary_ = pattern;
    file.handle_ = handle;
    return file;
}

void AtomicFile::discard() {
    if (handle_ < 0) return;
    ::close(std::exchange(handle_, -1));
    ::unlink(temporary_.c_str());
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t done = ::write(handle_, bytes.data(), std::min<std::size_t>(bytes.size(), 1U << 30));
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) {
            Error error = system_error(errno, destination_, "write");
            discard();
            return tl::unexpected(std::move(error));
        }
        bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
    return {};
}

Status AtomicFile::commit() {
    if (::fsync(handle_) != 0 || ::rename(temporary_.c_str(), destination_.c_str()) != 0) {
        Error error = system_error(errno, destination_, "write");
        discard();
        return tl::unexpected(std::move(error));
    }
    ::close(std::exchange(handle_, -1));
    // The new name itself is on disk only when the folder is.
    const auto parent = destination_.parent_path();
    const Descriptor folder(
        ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
    if (folder.number() >= 0) ::fsync(folder.number());
    return {};
}

}  // namespace kinglet::gguf
