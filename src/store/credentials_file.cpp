#include "store/credentials_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "base/strings.hpp"

namespace tandem::store {

namespace {

using base::Errc;
using base::Error;

constexpr std::size_t kMaxBytes = 64 * 1024;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool ok() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

Error unreadable(const std::string& shown, int error) {
  return {Errc::prerequisite,
          base::strcat("cannot read secret file \"", shown, "\": ", std::strerror(error)),
          {},
          "The file must stand in tandem.secrets_directory, be no link, and belong to the server's user."};
}

// What fstat says about the open file, so that nobody can exchange it in between.
std::optional<Error> refused(int fd, const std::string& shown) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return unreadable(shown, errno);
  if (!S_ISREG(info.st_mode))
    return Error{Errc::prerequisite, base::strcat("secret file \"", shown, "\" is not a regular file")};
  if (info.st_uid != ::geteuid()) {
    return Error{Errc::prerequisite, base::strcat("secret file \"", shown, "\" does not belong to the server's user")};
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Error{Errc::prerequisite,
                 base::strcat("secret file \"", shown, "\" can be read by others than the server's user"),
                 {},
                 base::strcat("chmod 600 ", shown)};
  }
  return std::nullopt;
}

}  // namespace

base::Result<base::Secret> read_secret_file(const std::string& directory, const std::string& tenant,
                                            const std::string& name) {
  const std::string shown = base::strcat(tenant, "/", name);
  if (directory.empty()) {
    return Error{Errc::prerequisite,
                 base::strcat("secret file \"", shown, "\" is named, but tandem.secrets_directory is not set"),
                 {},
                 "ALTER SYSTEM SET tandem.secrets_directory = '/etc/postgresql/secrets'; SELECT pg_reload_conf();"};
  }
  const Descriptor root(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.ok()) return unreadable(shown, errno);
  const Descriptor folder(::openat(root.get(), tenant.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.ok()) return unreadable(shown, errno);
  // Without O_NONBLOCK a FIFO of that name would hang the server here.
  const Descriptor file(::openat(folder.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.ok()) return unreadable(shown, errno);
  if (auto why = refused(file.get(), shown)) return *std::move(why);

  std::string bytes(kMaxBytes + 1, '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(shown, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kMaxBytes)
    return Error{Errc::limit_exceeded, base::strcat("secret file \"", shown, "\" is larger than 64 kB")};
  if (size > 0 && bytes[size - 1] == '\n') --size;
  if (size > 0 && bytes[size - 1] == '\r') --size;
  bytes.resize(size);
  return base::Secret(std::move(bytes));
}

}  // namespace tandem::store
