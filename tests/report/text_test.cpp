// Messages as text: every kind of field is shown, and fields that mean nothing to a reader are hidden.
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "sim/protocol/host.hpp"
#include "sim/protocol/text.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/probe.hpp"

using namespace sim;

namespace {

enum class Colour : std::uint8_t { red, green };
struct Point {
  int x = 1;
  std::optional<Colour> colour{};
};
class Opaque {
 public:
  bool operator==(const Opaque&) const = default;

 private:
  int secret_ = 3;
};
struct Entry {
  std::uint64_t term = 2;
  bool noop = false;
  Request request{};
};
struct Named {
  int number = 7;
  std::string text() const { return "number " + std::to_string(number); }
};
struct Everything {
  bool set = true;
  bool not_set = false;
  NodeId node{4};
  RequestId request{ClientId{1}, 2};
  std::vector<Point> points{{.colour = Colour::green}, {.x = -3}};
  std::map<std::uint32_t, Named> named{{1, {}}};
  std::variant<Point, std::monostate> either{std::monostate{}};
  std::uint64_t digest = 0x3fa2'0000'0000'0001;
  Opaque opaque{};
  Version version{};
  LocalTime at{150ms};
  NodeSet nodes{};
};

const Request kWrite{.id = {ClientId{0}, 1}, .command = {.action = Action::write, .argument = 5}};

}  // namespace

TEST_CASE("a message is written field by field, flags when they are set, opaque things never") {
  Everything e;
  e.nodes.insert(NodeId{2});
  e.nodes.insert(NodeId{0});
  CHECK(fields_of(e) ==
        "set node=4 request=c1#2 points=[{x=1 colour=green}, {x=-3 colour=none}] named=[(1 number 7)] "
        "either=nil digest=#3fa2 at=150ms nodes={0 2}");
  CHECK(fields_of(Named{}) == "number 7");
}

TEST_CASE("an entry that is marked shows no empty request") {
  CHECK(fields_of(Entry{.noop = true}) == "term=2 noop");
  CHECK(fields_of(Entry{.request = kWrite}) == "term=2 request=c0#1 write x=5");
}

TEST_CASE("commands, requests, values and replies read as people would write them") {
  CHECK(text_of(Command{.key = 1}) == "read y");
  CHECK(text_of(Command{.action = Action::cas, .expects_nil = true, .argument = 2}) == "cas x=nil->2");
  CHECK(text_of(Command{.action = Action::append, .key = 3, .argument = 2}) == "append k3=2");
  Request again = kWrite;
  again.again = true;
  CHECK(text_of(again) == "c0#1 write x=5 again");
  CHECK(text_of(Request{.id = {ClientId{2}, kPingNumber}, .ping = true}) == "c2 ping");
  CHECK(text_of(Value{List{1, 2}}) == "[1 2]");
  CHECK(text_of(Change{Change::Kind::push, 0, 3}) == "x+=3");
  CHECK(text_of(Reply{.id = kWrite.id, .status = Reply::Status::redirect, .hint = NodeId{2}}) ==
        "c0#1 ask 2");
  CHECK(text_of(Reply{.id = kWrite.id, .output = std::int64_t{4}}) == "c0#1 4");
  CHECK(text_of(Duration{1500us}) == "1500us");
  CHECK(text_of(Duration{120s}) == "120s");
}

TEST_CASE("a host names timers and shows messages") {
  const HostOf<Probe> host({}, 1);
  CHECK(host.timer_name(1) == "second");
  CHECK(host.timer_name(9).empty());
}
