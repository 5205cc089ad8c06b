#include "sim/history/history.hpp"

#include <algorithm>
#include <array>
#include <istream>
#include <iterator>
#include <utility>

#include "sim/history/formats.hpp"
#include "sim/history/object_model.hpp"

namespace sim {
namespace {

// The first name of an action is the one that is written.
constexpr std::array<std::pair<std::string_view, Action>, 18> kActions{{
    {"read", Action::read},
    {"write", Action::write},
    {"cas", Action::cas},
    {"append", Action::append},
    {"add", Action::add},
    {"stamp", Action::stamp},
    {"draw", Action::draw},
    {"insert", Action::insert},
    {"remove", Action::remove},
    {"contains", Action::contains},
    {"enqueue", Action::enqueue},
    {"dequeue", Action::dequeue},
    {"push", Action::push},
    {"pop", Action::pop},
    {"acquire", Action::acquire},
    {"release", Action::release},
    {"get", Action::read},
    {"put", Action::write},
}};
constexpr std::array<std::pair<std::string_view, HistoryFormat>, 5> kFormats{
    {{"auto", HistoryFormat::automatic},
     {"jsonl", HistoryFormat::jsonl},
     {"edn", HistoryFormat::edn},
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

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// A history says what it is early on; a few hundred characters are enough to tell.
HistoryFormat detect(std::string_view text, const std::string& file) {
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) throw HistoryError(file, 0, "empty; expected a history");
  const std::string_view head = text.substr(start, 400);
  if (head.starts_with("{\"")) return HistoryFormat::jsonl;
  if (head.starts_with("INFO") || contains(head, "jepsen.util")) return HistoryFormat::etcd;
  const bool is_map = head.starts_with("{");
  const bool on_text = contains(head, ":get") || contains(head, ":put") || contains(head, ":append");
  if (is_map && contains(head, ":key") && on_text) return HistoryFormat::kv;
  if (contains("[({;#", head.substr(0, 1))) return HistoryFormat::edn;
  throw HistoryError(file, 1,
                     "unknown format; expected JSON lines, an etcd log, or EDN (choose with --format)");
}

}  // namespace

HistoryError::HistoryError(std::string file_name, std::size_t line_number,
                           const std::string& what_was_expected)
    : std::runtime_error(file_name + (line_number > 0 ? ":" + std::to_string(line_number) : std::string()) +
                         ": " + what_was_expected),
      file(std::move(file_name)),
      line(line_number) {}

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

std::string_view outcome_name(Outcome outcome) {
  constexpr std::array<std::string_view, 3> names{"pending", "ok", "failed"};
  return names[static_cast<std::size_t>(outcome)];
}

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

namespace {

History read_text(HistoryText& text, const std::string& file, HistoryFormat format) {
  if (format == HistoryFormat::automatic) format = detect(text.view(), file);
  History history;
  switch (format) {
    case HistoryFormat::automatic:
    case HistoryFormat::jsonl: history = read_jsonl(text, file); break;
    case HistoryFormat::edn: history = read_jepsen_edn(text, file); break;
    case HistoryFormat::etcd: history = read_etcd_log(text, file); break;
    case HistoryFormat::kv: history = read_kv_text(text, file); break;
  }
  if (history.operations.empty()) throw HistoryError(file, 0, "no operations; expected at least one");
  return history;
}

}  // namespace

History read_history(std::istream& in, const std::string& file, HistoryFormat format) {
  const std::string content{std::istreambuf_iterator<char>(in), {}};
  HistoryText text{content};
  return read_text(text, file, format);
}

History read_history_file(const std::string& path, HistoryFormat format,
                          const std::function<bool()>& enough) {
  HistoryText text = HistoryText::of_file(path);
  text.stop_when(enough);
  const auto require_whole = [&] {
    if (text.was_cut()) throw HistoryError(path, 0, "was cut short while it was read");
  };
  try {
    History history = read_text(text, path, format);
    require_whole();
    return history;
  } catch (const HistoryError&) {
    require_whole();
    throw;
  }
}

}  // namespace sim
