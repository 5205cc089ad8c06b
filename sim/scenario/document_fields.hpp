// Additions to sim/kernel/fields.hpp that a scenario's structs need: values that know how to read, write and
// describe themselves, keys that must be there, keys of which only one may be. One description of a struct
// serves three uses: reading it from JSON, writing it back with every default, and its JSON Schema.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/kernel/fields.hpp"
#include "sim/scenario/json.hpp"

namespace sim {

constexpr std::int64_t kMostReplicas = 1000;

struct NetworkSpec;
class ProtocolPlan;

/// The facts learnt of the document so far: later keys are checked against them.
struct Context {
  std::string file{};  ///< For messages, and to find other files beside it.
  std::size_t replicas = 1000;
  std::size_t clients = 0;
  Duration end{};                        ///< End of the chaos phase.
  const ProtocolPlan* plan = nullptr;    ///< Knows the attacks that it brings.
  const NetworkSpec* network = nullptr;  ///< A temporary change of the network starts from this.
  bool roles =
      false;  ///< Replicas may be named by role: it is a fault, which strikes in the middle of a run.
};

/// A place in a document, able to complain.
class Place {
 public:
  explicit Place(Context& context, std::string pointer = {})
      : context_(&context), pointer_(std::move(pointer)) {}
  Place operator/(std::string_view key) const { return Place(*context_, pointer_ + "/" + escaped(key)); }
  Place operator/(std::size_t index) const { return *this / std::to_string(index); }

  /// Complains that `found` is not what is wanted here.
  [[noreturn]] void unexpected(const Json& found, std::string expected, std::string nearest = {}) const;
  /// Complains that something is wrong here, in words.
  [[noreturn]] void fail(std::string found, std::string expected = {}, std::string nearest = {}) const;
  Context& context() const { return *context_; }

 private:
  Context* context_;
  std::string pointer_;
};

class DocumentFields;
using Describe = std::function<void(DocumentFields&)>;
/// An object's three uses. Keys that `describe` doesn't name are errors.
void read_object(const Json& object, const Place& place, const Describe& describe);
Json write_object(Context& context, const Describe& describe);
Json schema_of_object(const Describe& describe);

/// How a T is read, written and described. This is for structs with `void describe(DocumentFields&)`; others
/// are specialised beside their type. Reading leaves values that the document omits unchanged.
template <class T> struct JsonValue {
  static void read(T& value, const Json& json, const Place& place) {
    read_object(json, place, [&](DocumentFields& f) { value.describe(f); });
  }
  static Json write(const T& value, Context& context) {
    T copy = value;
    return write_object(context, [&](DocumentFields& f) { copy.describe(f); });
  }
  static Json schema() {
    T value{};
    return schema_of_object([&](DocumentFields& f) { value.describe(f); });
  }
};

class DocumentFields : public Fields {
 public:
  explicit DocumentFields(Context& context) : context_(context) {}
  Context& context() { return context_; }

  /// The next field has no default: it must be there.
  DocumentFields& required() {
    required_ = true;
    return *this;
  }
  /// Whether the document has (or should have) the key, for those that exclude one another.
  virtual bool wants(std::string_view name, bool chosen) = 0;
  /// The values read must satisfy `held`; if not, the complaint points to the key `name`.
  virtual void require(bool held, std::string_view name, std::string_view expected) = 0;

  /// A field of any type that has a JsonValue.
  template <class T> void value(std::string_view name, T& variable, std::string_view about) {
    SlotOf<T> slot(variable);
    take(name, slot, about);
  }
  /// A field that may be absent.
  template <class T>
  void optional(std::string_view name, std::optional<T>& variable, std::string_view about) {
    if (!wants(name, variable.has_value())) return;
    if (!variable) variable.emplace();
    value(name, *variable, about);
  }
  /// An object within the object, described in place.
  void object(std::string_view name, const Describe& describe, std::string_view about) {
    begin_group(name, about);
    describe(*this);
    end_group();
  }
  /// A count in a variable of another integer type.
  template <class T>
  void whole(std::string_view name, T& variable, CountRange range, std::string_view about) {
    auto number = static_cast<std::int64_t>(variable);
    count(name, number, range, about);
    variable = static_cast<T>(number);
  }

 protected:
  ~DocumentFields() = default;
  /// A variable whose type only its JsonValue knows.
  class Slot {
   public:
    virtual void read(const Json& json, const Place& place) = 0;
    virtual Json write(Context& context) const = 0;
    virtual Json schema() const = 0;

   protected:
    ~Slot() = default;
  };
  virtual void take(std::string_view name, Slot& slot, std::string_view about) = 0;
  bool take_required() { return std::exchange(required_, false); }

 private:
  template <class T> class SlotOf final : public Slot {
   public:
    explicit SlotOf(T& variable) : variable_(variable) {}
    void read(const Json& json, const Place& place) override { JsonValue<T>::read(variable_, json, place); }
    Json write(Context& context) const override { return JsonValue<T>::write(variable_, context); }
    Json schema() const override { return JsonValue<T>::schema(); }

   private:
    T& variable_;
  };
  Context& context_;
  bool required_ = false;
};

// ---------------------------------------------------------------------------------------- values of all
// kinds

template <> struct JsonValue<std::string> {
  static void read(std::string& value, const Json& json, const Place& place);
  static Json write(const std::string& value, Context&) { return value; }
  static Json schema() { return {{"type", "string"}}; }
};

/// A duration within a range; throws InputError for any other.
Duration read_duration(const Json& json, const Place& place, DurationRange range);
Json schema_of(DurationRange range);

/// One from 0 to a year: any sum of these in a run stays far from the end of time.
template <> struct JsonValue<Duration> {
  static void read(Duration& value, const Json& json, const Place& place);
  static Json write(const Duration& value, Context&);
  static Json schema();
};

template <> struct JsonValue<std::uint64_t> {
  static void read(std::uint64_t& value, const Json& json, const Place& place);
  static Json write(const std::uint64_t& value, Context&) { return value; }
  static Json schema() { return {{"type", "integer"}, {"minimum", 0}, {"maximum", UINT64_MAX}}; }
};

/// Events per virtual second, from one in four months to a billion.
struct Rate {
  double per_second = 0;
};
template <> struct JsonValue<Rate> {
  static void read(Rate& value, const Json& json, const Place& place);
  static Json write(const Rate& value, Context&);
  static Json schema();
};

template <class T> struct JsonValue<std::vector<T>> {
  static void read(std::vector<T>& value, const Json& json, const Place& place) {
    if (!json.is_array()) place.unexpected(json, "a list");
    value.clear();
    for (std::size_t i = 0; i < json.size(); ++i) {
      T element{};
      JsonValue<T>::read(element, json[i], place / i);
      value.push_back(std::move(element));
    }
  }
  static Json write(const std::vector<T>& value, Context& context) {
    Json list = Json::array();
    for (const auto& element : value) list.push_back(JsonValue<T>::write(element, context));
    return list;
  }
  static Json schema() { return {{"type", "array"}, {"items", JsonValue<T>::schema()}}; }
};

}  // namespace sim
