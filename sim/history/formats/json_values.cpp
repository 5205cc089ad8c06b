#include "sim/history/formats/json_values.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/history/formats/edn_values.hpp"

namespace sim {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kJsonDepthMax = 200;  // deeper content is left out, and can't be compared

class Builder : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(Edn& into) { open_.push_back(&into); }

  std::string problem;  // besides that of the notation

  bool null() override { return put({}); }
  bool boolean(bool value) override { return put({.kind = Edn::Kind::boolean, .integer = value}); }
  bool number_integer(std::int64_t value) override {
    return put({.kind = Edn::Kind::integer, .integer = value});
  }

  bool number_unsigned(std::uint64_t value) override {
    Edn number;
    read_edn_number(std::to_string(value), number);
    return put(std::move(number));
  }

  // 1.0 is 1, as JSON has one kind of numbers.
  bool number_float(double value, const std::string& token) override {
    constexpr double exact = 9007199254740992.0;  // 2^53
    Edn number;
    if (value > -exact && value < exact && static_cast<double>(static_cast<std::int64_t>(value)) == value) {
      number = {.kind = Edn::Kind::integer, .integer = static_cast<std::int64_t>(value)};
    } else {
      read_edn_number(token, number);
    }
    return put(std::move(number));
  }

  bool string(std::string& value) override { return put({.kind = Edn::Kind::string, .text = value}); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*size*/) override { return begin(Edn::Kind::map); }
  bool start_array(std::size_t /*size*/) override { return begin(Edn::Kind::vector); }
  bool end_array() override { return end(); }

  bool key(std::string& name) override {
    if (beyond_ > 0) return true;
    open_.back()->items.push_back({.kind = Edn::Kind::string, .text = name});
    return true;
  }

  bool end_object() override {
    if (beyond_ == 0 && (!has_distinct_keys(*open_.back()) || !unwrap(*open_.back()))) return false;
    return end();
  }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  bool put(Edn value) {
    if (beyond_ > 0) return true;
    Edn& holder = *open_.back();
    const bool is_top = open_.size() == 1;
    is_top ? static_cast<void>(holder = std::move(value)) : holder.items.push_back(std::move(value));
    return true;
  }

  bool begin(Edn::Kind kind) {
    if (beyond_ == 0 && open_.size() > kJsonDepthMax) put({.kind = Edn::Kind::unreadable, .text = "[...]"});
    if (beyond_ > 0 || open_.size() > kJsonDepthMax) {
      ++beyond_;
      return true;
    }
    put({.kind = kind});
    open_.push_back(open_.size() == 1 ? open_.back() : &open_.back()->items.back());
    return true;
  }

  bool end() {
    if (beyond_ > 0) {
      --beyond_;
    } else {
      open_.pop_back();
    }
    return true;
  }

  bool has_distinct_keys(const Edn& map) {
    std::vector<std::string_view> keys;
    for (std::size_t i = 0; i < map.items.size(); i += 2) keys.push_back(map.items[i].text);
    std::ranges::sort(keys);
    const auto twice = std::ranges::adjacent_find(keys);
    if (twice == keys.end()) return true;
    problem = "the key \"" + std::string(twice->substr(0, 80)) + "\" comes twice; expected it once";
    return false;
  }

  bool unwrap(Edn& map) {
    if (map.items.size() != 2 || map.items[0].text != "edn" || map.items[1].kind != Edn::Kind::string)
      return true;
    try {
      map = read_edn_value(std::string(map.items[1].text));
      return true;
    } catch (const std::invalid_argument& error) {
      problem = std::string("\"edn\": ") + error.what();
      return false;
    }
  }

  std::vector<Edn*> open_{};  // the document, and the open values in it
  std::size_t beyond_ = 0;    // open values that are too deep
};

}  // namespace

std::optional<std::string> read_json(std::string_view text, Edn& into) {
  Builder builder(into);
  into = {};
  if (Json::sax_parse(text.begin(), text.end(), &builder)) return std::nullopt;
  return builder.problem.empty() ? "not JSON; expected one complete object on the line" : builder.problem;
}

}  // namespace sim
