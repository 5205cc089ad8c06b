#include "sim/cli/listed_options.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "sim/report/labelled_lines.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {
namespace {

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::string bounds_of(const Json& schema, const char* least, const char* most) {
  if (!schema.contains(least) || !schema.contains(most)) return {};
  return fmt::format(" from {} to {}", text_of(schema[least]), text_of(schema[most]));
}

std::string joined(const std::vector<std::string>& choices) {
  std::vector<std::string> distinct;
  for (const auto& choice : choices) {
    if (std::ranges::find(distinct, choice) == distinct.end()) distinct.push_back(choice);
  }
  return fmt::format("{}", fmt::join(distinct, " or "));
}

// The range of a value, in words.
std::string values_of(const Json& schema) {
  if (schema.contains("$ref")) return "a delay law (list delays)";
  if (schema.contains("const")) return text_of(schema["const"]);
  if (schema.contains("enum")) {
    std::vector<std::string> names;
    for (const Json& name : schema["enum"]) names.push_back(text_of(name));
    return fmt::format("one of {}", fmt::join(names, ", "));
  }
  if (schema.contains("anyOf")) {
    std::vector<std::string> forms;
    for (const Json& form : schema["anyOf"]) forms.push_back(values_of(form));
    return joined(forms);
  }
  const std::string type = schema.value("type", "");
  const std::string pattern = schema.value("pattern", "");
  if (type == "boolean") return "true or false";
  if (type == "integer") return "a whole number" + bounds_of(schema, "minimum", "maximum");
  if (type == "number") return "a number" + bounds_of(schema, "minimum", "maximum");
  if (type == "array")
    return schema.contains("items") ? "a list of: " + values_of(schema["items"]) : "a list";
  if (type == "object") return "an object (see schema)";
  if (pattern.find("(s|min|h)") != pattern.npos)
    return "a rate" + bounds_of(schema, "x-minimum", "x-maximum");
  if (schema.contains("x-minimum")) return "a duration" + bounds_of(schema, "x-minimum", "x-maximum");
  return pattern.find("^c[0-9]") != pattern.npos ? "a client such as c0" : "a text";
}

void collect(const Json& schema, const std::string& prefix, Json& options) {
  const std::vector<std::string> required = schema.value("required", std::vector<std::string>{});
  for (const auto& [key, property] : schema["properties"].items()) {
    if (property.contains("properties")) {
      collect(property, prefix + key + "/", options);
      continue;
    }
    Json option{{"name", prefix + key},
                {"about", property.value("description", "")},
                {"values", values_of(property)}};
    if (property.contains("default")) option["default"] = property["default"];
    for (const char* bound : {"minimum", "maximum", "x-minimum", "x-maximum"}) {
      if (property.contains(bound)) option[bound[0] == 'x' ? bound + 2 : bound] = property[bound];
    }
    option["required"] = std::ranges::find(required, key) != required.end();
    options.push_back(std::move(option));
  }
}

bool describes(const Json& form, std::string_view category, const std::string& name) {
  if (!form.contains("properties")) return false;  // a short form
  const Json& properties = form["properties"];
  if (category == "protocols")
    return properties.contains("name") && properties["name"].value("const", "") == name;
  const auto required = form.value("required", std::vector<std::string>{});
  return std::ranges::find(required, name) != required.end();
}

}  // namespace

Json options_of(std::string_view category, const std::string& name) {
  const Json schema = scenario_schema();
  const Json& forms = category == "protocols" ? schema["properties"]["protocol"]["anyOf"]
                      : category == "faults"  ? schema["properties"]["faults"]["items"]["anyOf"]
                                              : schema["$defs"]["delay_law"]["anyOf"];
  Json options = Json::array();
  const auto form = std::ranges::find_if(forms, [&](const Json& f) { return describes(f, category, name); });
  if (form == forms.end()) return options;
  Json described = *form;
  if (category == "protocols") described["properties"].erase("name");
  collect(described, "", options);
  return options;
}

std::string options_text(const Json& options, std::size_t width) {
  constexpr std::size_t kIndent = 6;
  std::string out;
  for (const Json& option : options) {
    std::string values = option["values"].get<std::string>();
    if (option.contains("default")) values += "; default " + text_of(option["default"]);
    if (option["required"] == true) values += "; required";
    const std::string blank(kIndent, ' ');
    out += fmt::format("  {}\n{}{}\n{}{}\n", option["name"].get<std::string>(), blank,
                       wrapped(option["about"].get<std::string>(), width, kIndent), blank,
                       wrapped(values, width, kIndent));
  }
  return out.empty() ? "  It has no options.\n" : out;
}

}  // namespace sim
