#include <sstream>
#include <string>
#include <string_view>

#include "sim/check/linearizability.hpp"
#include "sim/history/history.hpp"
#include "sim/history/plain_line.hpp"
#include "tests/fuzz/harness.hpp"

namespace fuzz {
namespace {

using namespace sim;

constexpr std::string_view kHeader = R"({"repsim":"history","version":1,"model":"kv"})"
                                     "\n";

History parse(const std::string& text, HistoryFormat format) {
  std::istringstream in(text);
  return read_history(in, "a file", format);
}

void require(bool holds, const std::string& claim) {
  if (!holds) throw Finding(claim);
}

// The line as the strict reader sees it: a plain one begins with its brace.
void compare_with_strict_reader(std::string_view line) {
  const auto plain = read_plain_line(line);
  if (!plain) return;
  const std::string text = std::string(kHeader) + " " + std::string(line);
  try {
    const History strict = parse(text, HistoryFormat::jsonl);
    require(strict.operations.size() == 1 && strict.operations[0] == *plain,
            "the strict reader reads something else: " + text);
  } catch (const HistoryError& error) {
    throw Finding("the strict reader refuses what is read as plain: " + std::string(error.what()));
  }
}

void require_round_trip(const History& history) {
  std::stringstream written;
  write_jsonl(written, history);
  require(parse(written.str(), HistoryFormat::jsonl) == history, "written and read again it is another one");
}

void judge(const History& history) {
  constexpr std::size_t enough =
      100;  // the other harness is for judging; here, whatever was read must be judged
  if (!history.model || history.operations.size() > enough) return;
  const Value initial = history.initial.value_or(initial_value(*history.model));
  try {
    check_linearizability(history.operations, *history.model, initial, {.steps = 5'000});
  } catch (const std::invalid_argument&) {  // operations that the model doesn't have
  }
}

void read(const std::string& text, HistoryFormat format) {
  try {
    const History history = parse(text, format);
    require(!history.operations.empty(), "a history without operations");
    if (format == HistoryFormat::jsonl) require_round_trip(history);
    judge(history);
  } catch (const HistoryError&) {
  }
}

}  // namespace

void read_bytes(std::span<const std::uint8_t> bytes) {
  const std::string text(bytes.begin(), bytes.end());
  for (const auto format : {HistoryFormat::automatic, HistoryFormat::jsonl, HistoryFormat::edn,
                            HistoryFormat::etcd, HistoryFormat::kv}) {
    read(text, format);
  }
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    compare_with_strict_reader(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace fuzz
