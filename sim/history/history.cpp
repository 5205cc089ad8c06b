#include "sim/history/history.hpp"

#include <algorithm>
#include <array>
#include <istream>
#include <iterator>
#include <new>
#include <utility>

#include "sim/history/formats.hpp"
#include "sim/history/jepsen_reader.hpp"
#include "sim/history/object_model.hpp"

namespace sim {
namespace {

// The first name of an action is the one that is written.
constexpr std::array<std::pair<std::string_view, Action>, 20> kActions{{
    {"read", Action::read},         {"write", Action::write},     {"cas", Action::cas},
    {"append", Action::append},     {"add", Action::add},         {"stamp", Action::stamp},
    {"draw", Action::draw},         {"insert", Action::insert},   {"remove", Action::remove},
    {"contains", Action::contains}, {"enqueue", Action::enqueue}, {"dequeue", Action::dequeue},
    {"push", Action::push},         {"pop", Action::pop},         {"acquire", Action::acquire},
    {"release", Action::release},   {"size", Action::size},       {"txn", Action::txn},
    {"get", Action::read},          {"put", Action::write},
}};
constexpr std::array<std::pair<std::string_view, HistoryFormat>, 8> kFormats{
    {{"auto", HistoryFormat::automatic},
     {"jsonl", HistoryFormat::jsonl},
     {"json", HistoryFormat::json},
     {"edn", HistoryFormat::edn},
     {"log", HistoryFormat::log},
     {"txt", HistoryFormat::txt},
     {"etcd", HistoryFormat::etcd},
     {"kv", HistoryFormat::kv}}};

template <typename Table> auto find_name(const Table& table, std::string_view name) {
  const auto at = std::ranges::find(table, name, [](const auto& entry) { return entry.first; });
  using Named = std::optional<std::remove_cvref_t<decltype(at->second)>>;
  return at == table.end() ? Named{} : Named{at->second};
}

template <typename Table, typename Named> std::string_view find_value(const Table& table, Named value) {
  return std::ranges::find(table, value, [](const auto& entry) { return entry.second; })->first;
}

}  // namespace

HistoryError::HistoryError(std::string file_name, std::size_t line_number,
                           const std::string& what_was_expected)
    : std::runtime_error(file_name + (line_number > 0 ? ":" + std::to_string(line_number) : std::string()) +
                         ": " + what_was_expected),
      file(std::move(file_name)),
      line(line_number),
      expectation(what_was_expected) {}

Value initial_value(Model model) { return object_model(model).initial; }

std::string_view model_name(Model model) { return object_model(model).name; }

std::optional<Model> model_from_name(std::string_view name) {
  for (const ObjectModel* model : object_models()) {
    if (model->name == name) return model->model;
  }
  return std::nullopt;
}

std::string_view action_name(Action action) { return find_value(kActions, action); }
std::optional<Action> action_from_name(std::string_view name) { return find_name(kActions, name); }
std::optional<HistoryFormat> format_from_name(std::string_view name) { return find_name(kFormats, name); }

std::string action_names() {
  std::string names;
  for (const auto& [name, action] : kActions) {
    if (action_name(action) == name) names += (names.empty() ? "" : ", ") + std::string(name);
  }
  return names;
}

std::string action_names(Model model) {
  std::string names;
  for (const Action action : object_model(model).actions) {
    names += (names.empty() ? "" : ", ") + std::string(action_name(action));
  }
  return names;
}

std::string model_names() {
  std::string names;
  for (const ObjectModel* model : object_models())
    names += (names.empty() ? "" : ", ") + std::string(model->name);
  return names;
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const auto& [name, format] : kFormats) names.emplace_back(name);
  return names;
}

std::string_view outcome_name(Outcome outcome) {
  constexpr std::array<std::string_view, 3> names{"pending", "ok", "failed"};
  return names[static_cast<std::size_t>(outcome)];
}

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text;
}

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

namespace {

History read_as(HistoryText& text, const std::string& file, const ReadingOptions& options) {
  switch (options.format) {
    case HistoryFormat::automatic:
    case HistoryFormat::jsonl: break;
    case HistoryFormat::json: return read_jepsen_json(text, file, options);
    case HistoryFormat::edn: return read_jepsen_edn(text, file, options);
    case HistoryFormat::etcd: return read_etcd_log(text, file, options);
    case HistoryFormat::log: return read_jepsen_log(text, file, options);
    case HistoryFormat::txt: return read_history_txt(text, file, options);
    case HistoryFormat::kv: return read_kv_text(text, file, options);
  }
  return read_jsonl(text, file, options);
}

History read_text(HistoryText& text, const std::string& file, ReadingOptions options) {
  if (text.view().starts_with("\xEF\xBB\xBF")) text.skip(3);  // a byte order mark
  if (options.format == HistoryFormat::automatic) options.format = detect_format(text.view(), file);
  try {
    return read_as(text, file, options);
  } catch (const NoTuplesAfterAll&) {
    options.tuples = false;
    text.start_again();
    return read_as(text, file, options);
  }
}

}  // namespace

History read_history(std::istream& in, const std::string& file, const ReadingOptions& options) {
  const std::string content{std::istreambuf_iterator<char>(in), {}};
  HistoryText text{content};
  return read_text(text, file, options);
}

History read_history_file(const std::string& path, const ReadingOptions& options,
                          const std::function<bool()>& enough) {
  HistoryText text = HistoryText::of_file(path);
  text.stop_when(enough);
  if (options.longest_line > 0 && text.has_longer_line(options.longest_line)) throw std::bad_alloc();
  const auto require_whole = [&] {
    if (text.was_cut()) throw HistoryError(path, 0, "was cut short while it was read");
  };
  try {
    History history = read_text(text, path, options);
    require_whole();
    return history;
  } catch (const HistoryError&) {
    require_whole();
    throw;
  }
}

}  // namespace sim
