#include "sim/scenario/json.hpp"

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sim/files/input_file.hpp"
#include "sim/kernel/printable.hpp"

namespace sim {
namespace {

constexpr std::size_t kMostKeys = 10'000;
constexpr std::size_t kLongestPointer = 200;
constexpr std::string_view kStandardInput = "-";

std::string message_of(const InputError::Details& d) {
  std::string text = d.file == kStandardInput ? "standard input" : d.file;
  const auto add = [&](const std::string& part) { text += text.empty() ? part : ": " + part; };
  if (!d.pointer.empty()) add(shortened(printable(d.pointer), kLongestPointer));
  add(d.found);
  if (!d.expected.empty()) text += ", expected " + d.expected;
  if (!d.nearest.empty()) text += fmt::format("; did you mean \"{}\"?", d.nearest);
  return printable(text);
}

[[noreturn]] void refuse(const std::string& file, std::string found, std::string expected = {}) {
  throw InputError({.file = file, .found = std::move(found), .expected = std::move(expected)});
}

std::string position(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line = std::ranges::count(before, '\n') + 1;
  const auto start = before.rfind('\n');
  const auto column = start == std::string_view::npos ? offset + 1 : offset - start;
  return fmt::format("line {}, column {}", line, column);
}

// The parser's text is "[json.exception...] parse error at line 3, column 5: syntax error while parsing ...".
std::string without_prefix(std::string text) {
  const auto end = text.find("] ");
  if (end != std::string::npos) text.erase(0, end + 2);
  constexpr std::string_view kAt = "parse error at ";
  if (text.starts_with(kAt)) text.erase(0, kAt.size());
  return text;
}

// Checks a text before anything is built from it: the parser itself would make a tree of any depth, let the
// last of two equal keys win, and take for ever over an object of a million keys.
class Inspection final : public nlohmann::json_sax<Json> {
 public:
  Inspection(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return enter(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool key(string_t& name) override {
    auto& keys = levels_.back();
    if (!keys.insert(name).second) {
      refuse(file_, fmt::format("duplicate key {} in an object", shown(name)));
    }
    if (keys.size() > kMostKeys)
      refuse(file_, "an object with too many keys", fmt::format("at most {}", kMostKeys));
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception& e) override {
    refuse(file_, "not JSON: " + without_prefix(e.what()));
  }

 private:
  bool enter() {
    levels_.emplace_back();
    if (levels_.size() <= kDeepestNesting) return true;
    refuse(file_, deepest_place() + ": nested too deeply", fmt::format("at most {} levels", kDeepestNesting));
  }
  bool leave() {
    levels_.pop_back();
    return true;
  }
  // The parser doesn't tell how far it has come.
  std::string deepest_place() const {
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const char c = text_[i];
      if (in_string && c == '\\') ++i;
      if (c == '"') in_string = !in_string;
      if (in_string) continue;
      if (c == '[' || c == '{') ++depth;
      if (c == ']' || c == '}') --depth;
      if (depth > kDeepestNesting) return position(text_, i);
    }
    return "the end";
  }

  std::string_view text_;
  const std::string& file_;
  std::vector<std::set<std::string>> levels_;
};

std::string text_of_standard_input() {
  std::string text(kLargestFile + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), stdin));
  if (std::ferror(stdin) != 0) refuse("-", "can't be read");
  if (text.size() > kLargestFile) refuse("-", "is too large", "at most 16 MB");
  return text;
}

// Edit distance in which swapping two neighbours counts once.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, changed});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

InputError::InputError(Details d) : std::runtime_error(message_of(d)), details(std::move(d)) {}

std::string read_text_file(const std::filesystem::path& path) {
  const std::string file = path.string();
  if (file == kStandardInput) return text_of_standard_input();
  std::string text;
  try {
    // One byte more than allowed tells a file that is too large from one that just fits, whatever it is.
    text = read_at_most(path, kLargestFile + 1);
  } catch (const FileError& error) {
    refuse(file, error.reason);
  }
  if (text.size() > kLargestFile) refuse(file, "is too large", "at most 16 MB");
  return text;
}

Json parse_json(std::string_view text, const std::string& file) {
  Inspection inspection(text, file);
  Json::sax_parse(text, &inspection);
  return Json::parse(text);
}

std::string shown(const Json& value) {
  constexpr std::size_t kLongest = 60;
  return shortened(printable(value.dump(-1, ' ', false, Json::error_handler_t::replace)), kLongest);
}

std::string nearest(std::string_view name, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongest = 200;
  if (name.size() > kLongest) return {};
  std::string best;
  std::size_t least = name.size() / 3 + 2;  // farther than this is another word
  for (const auto& candidate : candidates) {
    const std::size_t d = candidate.size() > kLongest ? least : distance(name, candidate);
    if (d >= least || d >= std::max(name.size(), candidate.size())) continue;
    least = d;
    best = candidate;
  }
  return best;
}

std::string escaped(std::string_view token) {
  std::string text;
  for (const char c : token) {
    if (c == '~') {
      text += "~0";
    } else if (c == '/') {
      text += "~1";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace sim
