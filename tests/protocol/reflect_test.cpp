// Plain structs are taken apart field by field, in order.
#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sim/protocol/reflect.hpp"
#include "sim/workload/command.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

struct Nothing {};
struct Simple {
  static constexpr bool background = true;  // no field
  int number = 3;
  std::vector<int> list{};
};
struct Nested {
  Simple simple;
  std::optional<int> perhaps{};
  std::array<int, 6> six{};
  std::variant<std::monostate, int> either{};
};

enum class Colour : std::uint8_t { red, green, blue = 7 };

static_assert(Simple::background && field_count<Nothing> == 0);
static_assert(field_count<Simple> == 2);
static_assert(field_count<Nested> == 4);
static_assert(field_count<Request> == 5);
static_assert(!PlainStruct<std::vector<int>>);

struct Sizes {
  std::vector<std::size_t>& seen;
  template <class T> void operator()(const T&) { seen.push_back(sizeof(T)); }
};

}  // namespace

TEST_CASE("each field of a plain struct is visited once, in order of declaration") {
  std::vector<std::size_t> seen;
  const Nested nested{};
  for_each_field(nested, Sizes{seen});
  CHECK(seen == std::vector<std::size_t>{sizeof(Simple), sizeof nested.perhaps, sizeof nested.six,
                                         sizeof nested.either});
}

TEST_CASE("a field can be changed through its visit") {
  Command command{.argument = 7};
  for_each_field(command, [](auto& field) {
    if constexpr (std::is_same_v<decltype(field), std::int64_t&>) field += 1;
  });
  CHECK(command.argument == 8);
  CHECK(command.expected == 1);
  CHECK(command.key == 0);
}

TEST_CASE("fields and enumerators are called as in the source") {
  CHECK(field_names<Simple> == std::array<std::string_view, 2>{"number", "list"});
  CHECK(field_names<Nested> == std::array<std::string_view, 4>{"simple", "perhaps", "six", "either"});
  CHECK(field_names<Nothing>.empty());
  CHECK(field_names<Command>[3] == "argument");
  CHECK(enum_name(Colour::green) == "green");
  CHECK(enum_name(Colour::blue) == "blue");
  CHECK(enum_name(static_cast<Colour>(3)).empty());
  CHECK(enum_name(static_cast<Colour>(200)).empty());
}
