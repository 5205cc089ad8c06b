// Services against the models that judge them, and replicas that adopt changes against those that execute.
#include <cstdint>

#include "sim/history/objects/object_model.hpp"
#include "sim/workload/service.hpp"
#include "sim/workload/text.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

constexpr std::uint64_t kValues = 6, kClients = 3;

Command drawn_command(Rng& rng, const ServiceKind& kind, ClientId client) {
  const bool reads = kind.readable && rng.below(4) == 0;
  Command command{.action = reads ? Action::read : kind.writes[rng.below(kind.writes.size())],
                  .argument = static_cast<std::int64_t>(rng.below(kValues)),
                  .expected = static_cast<std::int64_t>(rng.below(kValues))};
  if (kind.model == Model::lock) command.argument = client.value;
  return command;
}

Operation as_operation(const Command& command, ClientId client) {
  return {
      .client = client, .action = command.action, .argument = command.argument, .expected = command.expected};
}

}  // namespace

TEST_CASE("services answer as their models do, and changes carry all of it: 2,000 commands each") {
  for (const ServiceKind& kind : service_kinds()) {
    CAPTURE(kind.name);
    const ObjectModel& model = object_model(kind.model);
    Service service(kind.model, 1), adopts(kind.model, 1);
    Value state = model.initial;
    Rng rng(1, kind.name);
    Rng draws(2, "draws");
    for (int i = 0; i < 2000; ++i) {
      const ClientId client{static_cast<std::uint16_t>(rng.below(kClients))};
      const Command command = drawn_command(rng, kind, client);
      if (command.action == Action::stamp || command.action == Action::draw) continue;  // left to chance
      CAPTURE(i, text_of(command), text_of(state));
      Value output;
      adopts.store(service.execute(command, {}, draws, output));
      REQUIRE(output == model.execute(state, as_operation(command, client)));
      REQUIRE(service.value(0) == state);
      REQUIRE(adopts == service);
    }
  }
}

TEST_CASE("the digest of a set or a queue tells its elements, not how they got there") {
  const auto after = [](Model model, const std::vector<Command>& commands) {
    Service service(model, 1);
    Rng rng(1, "unused");
    Value output;
    for (const Command& command : commands) service.execute(command, {}, rng, output);
    return service.digest();
  };
  const auto insert = [](std::int64_t v) { return Command{.action = Action::insert, .argument = v}; };
  const auto enqueue = [](std::int64_t v) { return Command{.action = Action::enqueue, .argument = v}; };
  const Command remove{.action = Action::remove, .argument = 7}, dequeue{.action = Action::dequeue};
  CHECK(after(Model::set, {insert(1), insert(2)}) ==
        after(Model::set, {insert(2), insert(7), insert(1), remove}));
  CHECK(after(Model::set, {insert(1)}) != after(Model::set, {insert(2)}));
  CHECK(after(Model::set, {insert(7), remove}) == after(Model::set, {}));
  CHECK(after(Model::queue, {enqueue(1), enqueue(2), dequeue}) == after(Model::queue, {enqueue(2)}));
  CHECK(after(Model::queue, {enqueue(1), enqueue(2)}) != after(Model::queue, {enqueue(2), enqueue(1)}));
}
