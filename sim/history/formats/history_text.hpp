// The text of a history file, read once from front to back. The part that was read is let go, so that a file
// larger than the memory can be checked.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "sim/history/cut_guard.hpp"

namespace sim {

class HistoryText {
 public:
  /// A text in memory, which must outlive this.
  explicit HistoryText(std::string_view text) : whole_(text) {}
  /// A file. Throws HistoryError when it can't be read. Pipes are read into memory.
  static HistoryText of_file(const std::string& path);
  HistoryText(HistoryText&& other) noexcept;
  HistoryText& operator=(HistoryText&&) = delete;
  ~HistoryText();

  /// Whether the file was cut short while it was read: then the rest was taken for zeros.
  bool was_cut() const { return guard_.was_cut(); }

  /// From now on `release_before` throws ReadingStopped once this says so.
  void stop_when(std::function<bool()> enough) { enough_ = std::move(enough); }

  std::string_view view() const {
    std::string_view text = own_.empty() ? whole_ : std::string_view(own_);
    text.remove_prefix(skipped_);
    return text;
  }

  /// Leaves out the first characters, such as a byte order mark. Before anything is released.
  void skip(std::size_t count) { skipped_ += count; }

  /// Whether a line of a file is longer than `most`. A line is in memory as a whole while it is read.
  bool has_longer_line(std::size_t most);

  /// The text will be read once more from the front.
  void start_again() { released_ = 0; }

  /// Everything before `rest`, an end of `view()`, has been read and won't be again.
  void release_before(std::string_view rest) {
    const std::size_t read = view().size() - rest.size();
    if (read - released_ >= kPortion) let_go(read);
  }

 private:
  HistoryText(std::string_view mapping, CutGuard guard);
  static constexpr std::size_t kPortion = std::size_t{4} << 20;
  void let_go(std::size_t read);

  std::string_view whole_;
  std::string own_{};
  std::size_t skipped_ = 0;
  bool mapped_ = false;
  CutGuard guard_{};  // where it's mapped
  std::size_t released_ = 0;
  std::function<bool()> enough_{};
};

}  // namespace sim
