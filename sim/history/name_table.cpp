#include "sim/history/name_table.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "sim/history/history_error.hpp"

namespace sim {
namespace {

// Calls `f` with each number of a value.
template <typename F> void each_number(Value& value, const F& f) {
  if (auto* number = value.as_number()) f(*number);
  if (auto* list = value.as_list()) {
    for (std::int64_t& element : *list) f(element);
  }
}

template <typename F> void each_number(History& history, const F& f) {
  if (history.initial) each_number(*history.initial, f);
  for (Operation& op : history.operations) {
    for (Value* value : {&op.argument, &op.expected, &op.output}) each_number(*value, f);
  }
}

// Each number's rank of its text among those in use; and these texts.
template <typename Numbers>
std::vector<std::string> ranked(const Numbers& numbers, const std::vector<bool>& used,
                                std::vector<std::size_t>& rank) {
  std::vector<std::string> texts;
  rank.assign(used.size(), 0);
  for (const auto& [text, number] : numbers) {  // in order of text
    if (!used[number]) continue;
    rank[number] = texts.size();
    texts.push_back(text);
  }
  return texts;
}

}  // namespace

std::uint32_t NameTable::number_in(Numbers& numbers, std::string_view text) {
  if (const auto known = numbers.find(text); known != numbers.end()) return known->second;
  if (numbers.size() >= kFirstNamedKey) throw std::runtime_error("more than 2147483648 different names");
  const auto next = static_cast<std::uint32_t>(numbers.size());
  return numbers.emplace(text, next).first->second;
}

std::int64_t NameTable::number_of(std::string_view edn) {
  const std::uint32_t number = number_in(values_, edn);
  if (number == texts_.size()) texts_.push_back(&values_.find(edn)->first);
  return name_at(number);
}

std::int64_t NameTable::number_of(std::int64_t number) {
  return is_name(number) ? number_of(std::to_string(number)) : number;
}

std::uint32_t NameTable::key_of(std::string_view edn) { return kFirstNamedKey + number_in(keys_, edn); }

const std::string& NameTable::text_of(std::int64_t name) const { return *texts_[rank_of(name)]; }

std::int64_t NameTable::as_number(const Value& value) {
  if (const auto* number = value.as_number()) return *number;
  if (const auto* text = value.as_text()) return number_of(edn_quoted(*text));
  const auto* list = value.as_list();
  if (list == nullptr) return number_of(std::string_view("nil"));
  std::string text = "[";
  for (const std::int64_t element : *list) {
    text += (text.size() > 1 ? " " : "") + (is_name(element) ? text_of(element) : std::to_string(element));
  }
  return number_of(text + ']');
}

void NameTable::finish(History& history) const {
  std::vector<bool> used(values_.size());
  std::vector<std::size_t> rank;
  if (!values_.empty()) {
    each_number(history, [&](std::int64_t& number) {
      if (is_name(number)) used[rank_of(number)] = true;
    });
    history.names.values = ranked(values_, used, rank);
    each_number(history, [&](std::int64_t& number) {
      if (is_name(number)) number = name_at(rank[rank_of(number)]);
    });
  }
  if (keys_.empty()) return;
  used.assign(keys_.size(), false);
  for (const Operation& op : history.operations) {
    if (op.key >= kFirstNamedKey) used[op.key - kFirstNamedKey] = true;
  }
  history.names.keys = ranked(keys_, used, rank);
  for (Operation& op : history.operations) {
    if (op.key < kFirstNamedKey) continue;
    op.key = kFirstNamedKey + static_cast<std::uint32_t>(rank[op.key - kFirstNamedKey]);
  }
}

}  // namespace sim
