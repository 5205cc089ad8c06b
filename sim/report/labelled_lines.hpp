// The layout of a report for people: a label on the left, and a text beside it that wraps under itself.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sim {

class LabelledLines {
 public:
  static constexpr std::size_t kLabelWidth = 14;
  /// Texts are broken so that no line has more than `width` columns, where their words allow it.
  explicit LabelledLines(std::size_t width) : width_(width) {}

  /// Both are made printable; a text of several lines keeps them.
  void line(std::string_view label, std::string_view text);
  /// The text as it is, but printable, from the left edge; an empty one leaves a line free.
  void plain(std::string_view text);
  std::string result() && { return std::move(out_); }

 private:
  std::size_t width_;
  std::string out_;
};

/// `text`, made printable, with its lines broken at blanks to `width` columns; those after the first begin
/// with `indent` blanks, which count.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace sim
