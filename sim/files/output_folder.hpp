// A folder that one process writes at a time.
#pragma once

#include <filesystem>

#include "sim/files/descriptor.hpp"

namespace sim {

/// Holds the lock of a folder. The system releases it when the process ends, however it ends.
class FolderLock {
 public:
  enum class Kind { exclusive, shared };
  /// Writers lock exclusively; readers that want nobody to write meanwhile share. Throws FileError when
  /// another process holds a lock that excludes this one.
  FolderLock(const std::filesystem::path& folder, Kind kind);

 private:
  Descriptor folder_;
};

/// A folder to write into: made if it isn't there, and locked. Drafts of killed writers go.
class OutputFolder {
 public:
  /// Throws FileError when it can't be made, or somebody else writes there.
  explicit OutputFolder(const std::filesystem::path& path);
  OutputFolder(OutputFolder&& other) noexcept;
  OutputFolder& operator=(OutputFolder&&) = delete;
  /// Removes the folder again if it was made in vain.
  ~OutputFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  bool is_new_;
  FolderLock lock_;
};

}  // namespace sim
