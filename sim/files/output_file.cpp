#include "sim/files/output_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

namespace sim {

namespace fs = std::filesystem;
namespace {

constexpr const char* kCantWrite = "can't be written";

// The descriptor that a name such as /dev/stdout stands for. If standard output goes to a file, opening the
// name anew would overwrite that file from its start.
std::optional<int> own_descriptor(const fs::path& path) {
  const std::string name = path.string();
  if (name == "-" || name == "/dev/stdout") return STDOUT_FILENO;
  if (name == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!name.starts_with(folder)) continue;
    const std::string number = name.substr(folder.size());
    const bool digits = !number.empty() && number.size() < 6 &&
                        std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
    if (digits) return std::stoi(number);
  }
  return std::nullopt;
}

fs::path where_links_lead(const fs::path& given) {
  fs::path path = given;
  constexpr int kMostLinks = 40;
  std::error_code error;
  for (int i = 0; i < kMostLinks && fs::is_symlink(path, error); ++i) {
    const fs::path next = fs::read_symlink(path, error);
    if (error) break;
    path = path.parent_path() / next;
  }
  if (!fs::is_symlink(path, error)) return path;
  errno = ELOOP;
  throw_errno(given, kCantWrite);
}

// Names of drafts begin with this; a long name is cut, as the system bounds the names of files.
std::string draft_stem(const fs::path& target) {
  constexpr std::size_t kLongest = 200;
  return target.filename().string().substr(0, kLongest) + '.';
}

fs::path folder_of_file(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : "."; }

constexpr std::string_view kEnd = ".tmp";

bool is_draft(const std::string& name, const std::string& stem) {
  if (!name.starts_with(stem) || !name.ends_with(kEnd) || name.size() <= stem.size() + kEnd.size())
    return false;
  const auto middle = std::string_view(name).substr(stem.size(), name.size() - stem.size() - kEnd.size());
  return std::ranges::all_of(middle, [](char c) { return (c >= '0' && c <= '9') || c == '-'; });
}

// A writer locks its draft as long as it lives, so a draft whose lock is free is abandoned.
void remove_if_stale(const fs::path& draft) {
  const Descriptor file(::open(draft.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.open() && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(draft.c_str());
}

template <class Is> void remove_stale(const fs::path& folder, const Is& is_ours) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (is_ours(at->path().filename().string())) remove_if_stale(at->path());
  }
}

}  // namespace

void remove_stale_drafts(const fs::path& path) {
  remove_stale(folder_of_file(path),
               [stem = draft_stem(path)](const std::string& name) { return is_draft(name, stem); });
}

void remove_all_stale_drafts(const fs::path& folder) {
  remove_stale(folder, [](const std::string& name) {
    if (!name.ends_with(kEnd)) return false;
    const auto dot = name.rfind('.', name.size() - kEnd.size() - 1);
    return dot != name.npos && dot > 0 && is_draft(name, name.substr(0, dot + 1));
  });
}

// The real drafts are made at the end: a process that is killed while it computes leaves none.
void try_to_write(const std::vector<fs::path>& paths) {
  for (const fs::path& path : paths) {
    if (!fs::exists(path) || fs::is_regular_file(path)) const OutputFile probe(path);
  }
}

void check_writable(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return;
  if (S_ISDIR(status.st_mode)) throw FileError(path, "is a folder, expected a file to write");
  if (S_ISBLK(status.st_mode)) throw FileError(path, "is a disk, expected a file to write");
  if (::access(path.c_str(), W_OK) != 0) throw_errno(path, kCantWrite);
}

OutputFile::OutputFile(const fs::path& path) : path_(path), target_(where_links_lead(path)) {
  if (path.empty()) return;
  if (const auto own = own_descriptor(path)) {
    buffer_.file = Descriptor(::fcntl(*own, F_DUPFD_CLOEXEC, 3));
    if (!buffer_.file.open()) throw_errno(path_, kCantWrite);
    return;
  }
  check_writable(path);
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (!exists || S_ISREG(status.st_mode)) {
    open_draft();
    if (exists) ::fchmod(buffer_.file.get(), status.st_mode & 07777);
  } else {
    open_direct(S_ISFIFO(status.st_mode) ? O_NONBLOCK : 0);
  }
}

// A pipe without a reader can't be opened yet.
void OutputFile::open_direct(int flags) {
  constexpr int kPollMs = 50, kLongestMs = 5000;
  for (int waited = 0; !buffer_.file.open(); waited += kPollMs) {
    buffer_.file = Descriptor(::open(target_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | flags));
    if (buffer_.file.open()) break;
    if (errno != ENXIO || flags == 0) throw_errno(path_, kCantWrite);
    if (waited >= kLongestMs) throw FileError(path_, "is a pipe that nobody reads");
    ::poll(nullptr, 0, kPollMs);
  }
  if (flags != 0) ::fcntl(buffer_.file.get(), F_SETFL, 0);
}

// Another process that removes stale drafts may take a new one for such before it is locked: then another
// name.
void OutputFile::open_draft() {
  constexpr int kMostTries = 1000;
  remove_stale_drafts(target_);
  const fs::path stem = folder_of_file(target_) / (draft_stem(target_) + std::to_string(::getpid()));
  for (int i = 0; i < kMostTries; ++i) {
    const fs::path draft = stem.string() + (i == 0 ? "" : '-' + std::to_string(i)) + ".tmp";
    Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!file.open() && errno == EEXIST) continue;
    if (!file.open()) throw_errno(path_, kCantWrite);
    const bool taken = ::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    struct stat status {};
    if (taken || ::fstat(file.get(), &status) != 0 || status.st_nlink == 0) continue;
    buffer_.file = std::move(file);
    draft_ = draft;
    return;
  }
  throw FileError(path_, "can't be written: no free name for a temporary file");
}

OutputFile::~OutputFile() {
  if (!draft_.empty()) ::unlink(draft_.c_str());
}

void OutputFile::commit() {
  if (!wanted()) return;
  const bool flushed = !out_.flush().fail() && buffer_.error == 0;
  if (buffer_.error != 0) errno = buffer_.error;
  // Some file systems find out only now that there was no room. Only regular files can be synced.
  if (!flushed || (!draft_.empty() && ::fsync(buffer_.file.get()) != 0)) throw_errno(path_, kCantWrite);
  if (!draft_.empty() && ::rename(draft_.c_str(), target_.c_str()) != 0) throw_errno(path_, kCantWrite);
  draft_.clear();
  if (!buffer_.file.close()) throw_errno(path_, kCantWrite);
}

OutputFile::Buffer::int_type OutputFile::Buffer::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) return sync() == 0 ? traits_type::not_eof(c) : c;
  const char one = traits_type::to_char_type(c);
  return xsputn(&one, 1) == 1 ? c : traits_type::eof();
}

std::streamsize OutputFile::Buffer::xsputn(const char* text, std::streamsize size) {
  constexpr std::size_t kPortion = std::size_t{1} << 16;
  waiting_.append(text, static_cast<std::size_t>(size));
  return waiting_.size() < kPortion || sync() == 0 ? size : 0;
}

int OutputFile::Buffer::sync() {
  if (error == 0 && !write_all(file.get(), waiting_)) error = errno;
  waiting_.clear();
  return error == 0 ? 0 : -1;
}

void write_whole(const fs::path& path, std::string_view text) {
  OutputFile file(path);
  file.stream() << text;
  file.commit();
}

}  // namespace sim
