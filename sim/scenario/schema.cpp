// Turns a struct's description into JSON Schema (draft 2020-12), so that editors complete and check
// scenarios.
#include <string>
#include <vector>

#include "sim/scenario/document_fields.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

class SchemaWriter final : public DocumentFields {
 public:
  explicit SchemaWriter(Context& context) : DocumentFields(context) { open(); }

  void flag(std::string_view name, bool& value, std::string_view about) override {
    put(name, {{"type", "boolean"}, {"default", value}}, about);
  }
  void number(std::string_view name, double& value, NumberRange range, std::string_view about) override {
    put(name, {{"type", "number"}, {"default", value}, {"minimum", range.min}, {"maximum", range.max}},
        about);
  }
  void count(std::string_view name, std::int64_t& value, CountRange range, std::string_view about) override {
    put(name, {{"type", "integer"}, {"default", value}, {"minimum", range.min}, {"maximum", range.max}},
        about);
  }
  void duration(std::string_view name, Duration& value, DurationRange range,
                std::string_view about) override {
    Json schema = schema_of(range);
    schema["default"] = to_text(value);
    put(name, std::move(schema), about);
  }
  void switchable(std::string_view name, std::optional<Duration>& value, DurationRange range,
                  std::string_view about) override {
    const Json by_default = value ? Json(to_text(*value)) : Json(false);
    Json choices = Json::array({schema_of(range), {{"const", false}}});
    put(name, {{"anyOf", std::move(choices)}, {"default", by_default}}, about);
  }
  bool wants(std::string_view, bool) override { return true; }
  void require(bool, std::string_view, std::string_view) override {}

  Json result() { return std::move(levels_.back()); }

 protected:
  void begin_group(std::string_view name, std::string_view about) override {
    groups_.push_back({std::string(name), std::string(about), take_required()});
    open();
  }
  void end_group() override {
    Json group = std::move(levels_.back());
    levels_.pop_back();
    const Group named = std::move(groups_.back());
    groups_.pop_back();
    if (named.required) required();
    put(named.name, std::move(group), named.about);
  }
  void choose(std::string_view name, std::size_t& chosen, const std::vector<std::string_view>& labels,
              std::string_view about) override {
    put(name, {{"enum", labels}, {"default", labels[chosen]}}, about);
  }
  void take(std::string_view name, Slot& slot, std::string_view about) override {
    put(name, slot.schema(), about);
  }

 private:
  struct Group {
    std::string name, about;
    bool required;
  };
  void open() {
    levels_.push_back({{"type", "object"}, {"properties", Json::object()}, {"additionalProperties", false}});
  }
  void put(std::string_view name, Json schema, std::string_view about) {
    Json& object = levels_.back();
    if (take_required()) {
      object["required"].push_back(std::string(name));
      schema.erase("default");
    }
    schema["description"] = std::string(about);
    object["properties"][std::string(name)] = std::move(schema);
  }

  std::vector<Json> levels_;
  std::vector<Group> groups_;
};

}  // namespace

Json schema_of_object(const Describe& describe) {
  Context context;
  SchemaWriter writer(context);
  describe(writer);
  return writer.result();
}

}  // namespace sim
