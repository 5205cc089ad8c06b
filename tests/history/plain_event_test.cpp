// The fast reader of plain events agrees with the full reader of EDN on every text.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/history/formats/kv_event.hpp"
#include "sim/history/formats/plain_event.hpp"
#include "sim/history/vocabulary.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_history.hpp"
#include "tests/support/strict_edn.hpp"

namespace plain_event_test {

using namespace sim;
using random_history::Dice;

std::string one_of(Dice& dice, const std::vector<std::string>& all) {
  return all[static_cast<std::size_t>(dice.below(static_cast<std::int64_t>(all.size())))];
}

std::string number(Dice& dice) {
  return dice.chance(90) ? std::to_string(dice.below(4))
                         : one_of(dice, {"-1", "-0", "999999999999999999", "123456789012345678901"});
}

std::string scalar(Dice& dice) {
  return dice.chance(60) ? number(dice) : one_of(dice, {"nil", "\"\"", "\"x 1 y\"", ":a", "true", "false"});
}

// What a client asks or is answered, as histories of every kind have it.
std::string value(Dice& dice) {
  const auto kind = dice.below(8);
  if (kind < 4) return scalar(dice);
  if (kind == 4) return "nil";
  if (kind == 5) return '[' + scalar(dice) + ' ' + scalar(dice) + ']';
  if (kind == 6) return '[' + number(dice) + " [" + scalar(dice) + ", " + scalar(dice) + "]]";
  return "[[:r " + scalar(dice) + " nil] [:append :x " + number(dice) + "]]";
}

// The events of a few clients, each of whom waits for its answer.
std::vector<std::string> events(Dice& dice) {
  const bool keyed = dice.chance(50);
  const bool texts = dice.chance(50);
  const bool as_kv = keyed && texts && dice.chance(70);  // as kv texts are written, mostly
  const std::vector<std::string> actions =
      as_kv ? std::vector<std::string>{":get", ":put", ":append"}
      : dice.chance(80)
          ? std::vector<std::string>{":read", ":write", ":get", ":put"}
          : std::vector<std::string>{":cas", ":append",         ":add",    ":enqueue", ":dequeue",
                                     ":txn", ":register/write", ":delete", ":drain"};
  std::vector<std::string> lines;
  std::array<std::string, 3> open{};  // what each client has asked
  std::array<std::string, 3> key{}, asked{};
  for (std::int64_t n = dice.below(12); n >= 0; --n) {
    const auto client = static_cast<std::size_t>(dice.below(3));
    const bool calls = open[client].empty();
    if (calls) {
      open[client] = one_of(dice, actions);
      key[client] = texts ? '"' + number(dice) + '"' : number(dice);
      const bool reads = open[client] == ":read" || open[client] == ":get";
      asked[client] = reads ? "nil" : texts ? "\"a" + number(dice) + '"' : value(dice);
    }
    const bool reads = asked[client] == "nil" && dice.chance(80);
    const std::string answer = !reads ? asked[client] : texts ? "\"a" + number(dice) + '"' : value(dice);
    std::vector<std::string> parts{
        ":process " + std::to_string(client), ":f " + open[client],
        ":type " + (calls ? std::string(":invoke") : one_of(dice, {":ok", ":ok", ":ok", ":fail", ":info"})),
        ":value " + (calls ? asked[client] : answer)};
    if (keyed) parts.push_back(":key " + key[client]);
    if (!calls) open[client].clear();
    if (as_kv) {
      lines.push_back('{' + parts[0] + ", " + parts[2] + ", " + parts[1] + ", " + parts[4] + ", " + parts[3] +
                      '}');
      continue;
    }
    if (dice.chance(30)) parts.push_back(":time " + number(dice));
    if (dice.chance(10)) parts.push_back(":index " + std::to_string(lines.size()));
    if (dice.chance(10)) parts.push_back(":error " + scalar(dice));
    for (std::size_t i = parts.size(); i > 1; --i)
      std::swap(parts[i - 1], parts[static_cast<std::size_t>(dice.below(static_cast<std::int64_t>(i)))]);
    std::string line = "{";
    for (const std::string& part : parts)
      line += (line.size() > 1 ? one_of(dice, {", ", " ", ",", " ,, "}) : "") + part;
    lines.push_back(line + '}');
  }
  return lines;
}

// Changes, adds, doubles or takes away a few characters, of those that mean something.
void spoil(Dice& dice, std::string& text) {
  constexpr std::string_view signs = "{}[]()\":,; \n\t\r\\#^_-+0179nN./aeM'<\x7f\x80\xc3\x01";
  for (std::int64_t n = 1 + dice.below(3); n > 0 && !text.empty(); --n) {
    const auto at = static_cast<std::size_t>(dice.below(static_cast<std::int64_t>(text.size())));
    const char sign = signs[static_cast<std::size_t>(dice.below(static_cast<std::int64_t>(signs.size())))];
    const auto many = static_cast<std::size_t>(1 + dice.below(6));
    switch (dice.below(4)) {
      case 0: text[at] = sign; break;
      case 1: text.insert(at, 1, sign); break;
      case 2: text.erase(at, many); break;
      default: text.insert(at, text.substr(at, many)); break;
    }
  }
}

// Those of them that are of the usual form of kv texts; each of these must be what the full reader reads.
int kv_ones(const std::vector<std::string>& lines) {
  int usual = 0;
  for (const std::string& line : lines) {
    const auto read = read_kv_event(line, 7);
    if (!read) continue;
    ++usual;
    INFO(line);
    const auto text = [](std::string_view content) {
      return Edn{.kind = Edn::Kind::string, .text = std::string(content), .line = 7};
    };
    const Edn process{.kind = Edn::Kind::integer, .integer = read->process, .line = 7};
    const Edn key = text(std::to_string(read->key));
    const Edn value = read->value ? text(*read->value) : Edn{.line = 7};
    const JepsenEvent event{.line = 7,
                            .process = &process,
                            .type = read->invoked ? "invoke" : "ok",
                            .f = read->f,
                            .value = &value,
                            .key = &key};
    CHECK(strict_edn::contradiction(line, read->length, event) == "");
    CHECK(action_from_name(read->f) == read->action);
  }
  return usual;
}

// How many of the lines are plain; each of these must be what the full reader reads.
int plain_ones(const std::vector<std::string>& lines) {
  int plain = 0;
  PlainEvent reader;
  for (const std::string& line : lines) {
    const std::size_t taken = reader.read(line, 7);
    if (taken == 0) continue;
    ++plain;
    INFO(line);
    CHECK(strict_edn::contradiction(line, taken, reader.event()) == "");
  }
  return plain;
}

TEST_CASE("events read by hand mean what the full reader of EDN says, in good and in spoiled texts") {
  constexpr std::uint64_t seed = 20'261'130;
  Dice dice{seed};
  int histories = 0, errors = 0, lines_read = 0, plain = 0, kv = 0;
  for (int trial = 0; trial < 20'000; ++trial) {
    std::vector<std::string> lines = events(dice);
    const bool good = dice.chance(40);
    if (!good)
      spoil(dice, lines[static_cast<std::size_t>(dice.below(static_cast<std::int64_t>(lines.size())))]);
    plain += plain_ones(lines);
    kv += kv_ones(lines);
    lines_read += static_cast<int>(lines.size());
    std::string text;
    for (const std::string& line : lines)
      text += line + one_of(dice, {"\n", "\n", "\n", "\r\n", " ; so\n", ""});
    if (dice.chance(20)) text = '[' + text + ']';
    ReadingOptions options(dice.chance(50) ? HistoryFormat::edn : HistoryFormat::kv);
    if (dice.chance(10)) options.nil_is_unknown = true;
    const auto usual = strict_edn::usual(text, options);
    INFO("seed " << seed << ", trial " << trial << ":\n" << text);
    INFO("by hand: " << usual.error);
    const auto strict = strict_edn::strict(text, options);
    INFO("in full: " << strict.error);
    CHECK(usual == strict);
    (usual.history ? histories : errors) += 1;
  }
  CHECK(histories > 4'000);
  CHECK(errors > 4'000);
  CHECK(plain > lines_read * 8 / 10);  // else it compares the full reader with itself
  CHECK(kv > lines_read / 10);
}

TEST_CASE("what an event says that isn't plain is left to the full reader") {
  PlainEvent reader;
  const std::string good = R"({:process 0, :type :ok, :f :read, :value "x"})";
  CHECK(reader.read(good + "anything", 1) == good.size());
  for (const std::string line :
       {R"({:process 0, :type :ok, :f :read, :value "x\n"})",
        R"({:process 0, :type :ok, :f :read, :value 1.5})",
        R"({:process 0, :type :ok, :f :read, :value 017})",
        R"({:process 0, :type :ok, :f :read, :value #{1}})",
        R"({:process 0, :type :ok, :f :read, :value 1, :value 1})",
        R"({:process 0, :type :ok, :f :read, :x 1})", R"({:process :nemesis, :type :info, :f :start})",
        R"({:process 0, :type :ok, :value 1})", R"({:process 0, :type :ok, :f :read, :value})",
        R"({:process 0, :type "ok", :f :read})",
        R"({:process 0, :type :ok, :f :read, :value 1234567890123456789})",
        "{:process 0,\n:type :ok, :f :read}", R"({:process 0, :type :ok, :f :read, :value 1)"}) {
    INFO(line);
    CHECK(reader.read(line, 1) == 0);
  }
}

}  // namespace plain_event_test
