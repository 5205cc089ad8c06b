// Writes a struct's fields as a JSON object, those with default values too: the canonical form of a document.
#include <string>
#include <vector>

#include "sim/scenario/document_fields.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

class JsonWriter final : public DocumentFields {
 public:
  explicit JsonWriter(Context& context) : DocumentFields(context) {}

  void flag(std::string_view name, bool& value, std::string_view) override { put(name, value); }
  void number(std::string_view name, double& value, NumberRange, std::string_view) override {
    put(name, value);
  }
  void count(std::string_view name, std::int64_t& value, CountRange, std::string_view) override {
    put(name, value);
  }
  void duration(std::string_view name, Duration& value, DurationRange, std::string_view) override {
    put(name, to_text(value));
  }
  void switchable(std::string_view name, std::optional<Duration>& value, DurationRange,
                  std::string_view) override {
    put(name, value ? Json(to_text(*value)) : Json(false));
  }
  bool wants(std::string_view, bool chosen) override { return chosen; }
  void require(bool, std::string_view, std::string_view) override {}

  Json result() { return std::move(levels_.back()); }

 protected:
  void begin_group(std::string_view name, std::string_view) override {
    take_required();
    names_.emplace_back(name);
    levels_.push_back(Json::object());
  }
  void end_group() override {
    Json group = std::move(levels_.back());
    levels_.pop_back();
    put(names_.back(), std::move(group));
    names_.pop_back();
  }
  void choose(std::string_view name, std::size_t& chosen, const std::vector<std::string_view>& labels,
              std::string_view) override {
    put(name, labels[chosen]);
  }
  void take(std::string_view name, Slot& slot, std::string_view) override {
    put(name, slot.write(context()));
  }

 private:
  void put(std::string_view name, Json value) {
    take_required();
    levels_.back()[std::string(name)] = std::move(value);
  }

  std::vector<Json> levels_{Json::object()};
  std::vector<std::string> names_;
};

}  // namespace

Json write_object(Context& context, const Describe& describe) {
  JsonWriter writer(context);
  describe(writer);
  return writer.result();
}

}  // namespace sim
