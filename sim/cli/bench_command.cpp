// `repsim bench`: the simulator's speed as ratios to bare loops measured in the same minutes on the same
// core, and the time that the judge takes for a history of a sweep.
#include <algorithm>
#include <array>
#include <ctime>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "sim/cli/bench_loops.hpp"
#include "sim/cli/bench_sweep.hpp"
#include "sim/cli/commands.hpp"
#include "sim/experiment/run.hpp"
#include "sim/history/generator.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/kernel/event_queue.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "sim/linearizability/verdict.hpp"
#include "sim/protocol/registry.hpp"

namespace sim {
namespace {

using Json = nlohmann::ordered_json;

// CPU time: another process on this core does not count.
double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

constexpr std::size_t kEchoNodes = 5;
constexpr std::uint64_t kCheckOperations = 100;
constexpr std::uint32_t kCheckClients = 3;

// ---- echo through the full path: network draws, loss, digest, typed messages, counted references

struct Echo {
  struct Ping {
    std::array<std::uint64_t, 6> words{};
  };
  struct Pong {
    std::array<std::uint64_t, 6> words{};
  };
  using Message = std::variant<Ping, Pong>;
  enum class Timer : std::uint8_t { refill };
  struct Options {
    Duration refill = 100ms;
  };
  using Env = EnvOf<Echo>;

  Echo(const Options& options, const NoDisk&) : refill(options.refill) {}
  void on_start(Env& env) {
    env.broadcast(Ping{});
    env.set_timer(Timer::refill, refill);
  }
  void on_message(Env& env, NodeId from, const Message& message) {
    ++count;
    if (const auto* ping = std::get_if<Ping>(&message)) {
      Pong pong;
      pong.words[0] = ping->words[0];
      pong.words[1] = ping->words[1] + 1;
      pong.words[5] = count;
      env.send(from, pong);
    } else {
      const auto& pong = std::get<Pong>(message);
      Ping again;
      again.words[0] = pong.words[0];
      again.words[1] = pong.words[1];
      again.words[5] = count;
      env.send(from, again);
    }
  }
  // Some messages are lost: each conversation that has ended begins anew.
  void on_timer(Env& env, Timer) {
    env.broadcast(Ping{});
    env.set_timer(Timer::refill, refill);
  }
  void on_request(Env&, const Request&) {}

  Duration refill;
  std::uint64_t count = 0;
};
static_assert(Protocol<Echo>);

Setup echo_setup() {
  Setup setup;
  setup.replicas = kEchoNodes;
  setup.duration = std::chrono::hours{24};
  setup.clients.options.count = 0;
  setup.network.replicas = {.delay = DelayLaw::uniform(kBareDelayMin, kBareDelayMax), .loss = 0.01};
  return setup;
}

double echo_deliveries_per_second(std::uint64_t deliveries) {
  const Setup setup = echo_setup();
  World world(setup, 42, std::make_unique<HostOf<Echo>>(Echo::Options{}, kEchoNodes));
  const double start = cpu_seconds();
  while (world.record().messages_delivered < deliveries) world.step();
  return static_cast<double>(deliveries) / (cpu_seconds() - start);
}

double bare_deliveries_per_second(std::uint64_t deliveries) {
  BareEcho loop(kEchoNodes);
  const double start = cpu_seconds();
  for (std::uint64_t i = 0; i < deliveries; ++i) loop.step();
  const double spent = cpu_seconds() - start;
  return loop.digest() == 0 ? 0 : static_cast<double>(deliveries) / spent;  // the digest keeps the loop alive
}

double bare_commits_per_second(std::size_t replicas, std::uint64_t commits) {
  BareRaft loop(replicas);
  const double start = cpu_seconds();
  while (loop.commits() < commits) loop.step();
  const double spent = cpu_seconds() - start;
  return loop.digest() == 0 ? 0 : static_cast<double>(commits) / spent;
}

// ---- the queue alone: each event that is taken out puts one in, with `pending` of them waiting

double hold_events_per_second(std::size_t pending, std::uint64_t events) {
  EventQueue queue;
  Rng rng(7);
  const auto delay = [&] { return Duration{static_cast<std::int64_t>(rng.below(2'000'000))}; };
  for (std::size_t i = 0; i < pending; ++i) queue.push(Time{delay()}, Rank::delivery, Event{});
  const double start = cpu_seconds();
  for (std::uint64_t i = 0; i < events; ++i) {
    const auto [when, event] = queue.pop();
    queue.push(when + delay(), Rank::delivery, event);
  }
  return static_cast<double>(events) / (cpu_seconds() - start);
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

// ---- the cost of a short run before anything happens in it

double run_overhead_us(std::uint64_t runs) {
  Setup setup = echo_setup();
  setup.duration = 10ms;
  setup.clients.options.count = 3;
  setup.clients = ClientPlan(setup.clients.options, {}, *find_service("kv"), 4, kEchoNodes);
  setup.keys = 4;
  std::uint64_t digests = 0;  // keeps the loop alive
  const double start = cpu_seconds();
  for (std::uint64_t seed = 0; seed < runs; ++seed) {
    const World world(setup, seed, std::make_unique<HostOf<Echo>>(Echo::Options{}, kEchoNodes));
    digests ^= world.digest();
  }
  const double spent = cpu_seconds() - start;
  return digests == 1 ? 0 : spent / static_cast<double>(runs) * 1e6;
}

// ---- every protocol with its default options: no loss, clients that call again as soon as they are answered

struct Rates {
  double operations, deliveries;  ///< A second.
};

Rates protocol_rates(const ProtocolPlan& plan, std::size_t replicas, std::uint32_t clients) {
  constexpr double kEnough = 0.3;  // seconds of CPU time
  ClientOptions options;
  options.count = clients;
  options.arrivals = ClientOptions::Arrivals::closed;
  Setup setup{.replicas = replicas, .duration = 1000s, .max_events = 1'000'000'000, .keys = 4};
  setup.network.replicas = {.delay = DelayLaw::uniform(kBareDelayMin, kBareDelayMax)};
  setup.network.clients = setup.network.replicas;
  setup.clients =
      ClientPlan(options, plan.client_policy(replicas), *find_service("kv"), setup.keys, replicas);
  World world(setup, 1, plan.make_host(replicas));
  const double start = cpu_seconds();
  while (cpu_seconds() - start < kEnough && world.now() < Time{setup.duration}) {
    world.run_until(world.now() + 1s);
  }
  const double spent = cpu_seconds() - start;
  const Record& record = world.record();
  const auto answered =
      std::ranges::count(record.operations, Outcome::ok, [](const Operation& o) { return o.outcome; });
  return {static_cast<double>(answered) / spent, static_cast<double>(record.messages_delivered) / spent};
}

Json protocol_row(const ProtocolPlan& plan, std::size_t replicas, std::uint32_t clients) {
  const Rates rates = protocol_rates(plan, replicas, clients);
  return {{"replicas", replicas},
          {"clients", clients},
          {"operations_per_second", rates.operations},
          {"deliveries_per_second", rates.deliveries}};
}

// Protocols that agree on a value of their own serve no clients; their rates would mean nothing.
Json measure_protocols() {
  Json all = Json::object();
  for (const ProtocolEntry& entry : protocols()) {
    const auto plan = entry.make_plan();
    Json rates = Json::array();
    for (const std::size_t replicas : {3u, 5u}) {
      if (!plan->complaint(replicas).empty()) continue;
      for (const std::uint32_t clients : {1u, 32u}) rates.push_back(protocol_row(*plan, replicas, clients));
    }
    std::erase_if(rates.get_ref<Json::array_t&>(),
                  [](const Json& one) { return one["operations_per_second"] == 0.0; });
    if (!rates.empty()) all[std::string(entry.name)] = std::move(rates);
  }
  return all;
}

struct EchoRates {
  double full, ratio;
};

// Full path and bare loop take turns, so that a slower minute of the machine slows both.
EchoRates measure_echo() {
  constexpr int kRounds = 5;
  constexpr std::uint64_t kDeliveries = 2'000'000;
  std::vector<double> full, ratios;
  for (int i = 0; i < kRounds; ++i) {
    full.push_back(echo_deliveries_per_second(kDeliveries));
    ratios.push_back(full.back() / bare_deliveries_per_second(kDeliveries));
  }
  return {median(full), median(ratios)};
}

// Raft and a bare loop of its normal case take turns, too. One client, so that both commit one entry at a
// time.
Json measure_raft() {
  constexpr int kRounds = 5;
  constexpr std::uint64_t kCommits = 500'000;
  Json all = Json::array();
  const ProtocolEntry* raft = find_protocol("raft");
  if (raft == nullptr) return all;
  for (const std::size_t replicas : {3u, 5u}) {
    std::vector<double> full, ratios;
    for (int i = 0; i < kRounds; ++i) {
      full.push_back(protocol_rates(*raft->make_plan(), replicas, 1).operations);
      ratios.push_back(full.back() / bare_commits_per_second(replicas, kCommits));
    }
    all.push_back({{"replicas", replicas},
                   {"operations_per_second", median(full)},
                   {"ratio_to_bare_loop", median(ratios)}});
  }
  return all;
}

void tell_sweep(double overhead_us) {
  fmt::print("a sweep, beside its runs: {:.3g} us a run\n", overhead_us);
}

void run_sweep_bench(bool as_json) {
  const double overhead = sweep_overhead_us();
  if (as_json) {
    fmt::print("{}\n", Json{{"sweep_overhead_us", overhead}}.dump(2));
  } else {
    tell_sweep(overhead);
  }
}

// ---- the judge of linearizability on histories as short as those of a sweep

using Histories = std::vector<std::vector<Operation>>;
constexpr std::uint64_t kHistories = 200;

// On one object, with few values: harder than a service's histories.
Histories generated_histories(Model model) {
  Histories all;
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
    all.push_back(generate_history({.model = model,
                                    .operations = kCheckOperations,
                                    .clients = kCheckClients,
                                    .values = 5,
                                    .seed = seed})
                      .operations);
  }
  return all;
}

// The simulator's own: primary-backup's clients, on a network that loses messages.
Histories simulated_histories(const char* service) {
  Json document = Json::parse(R"({"name": "bench", "duration": "1s", "settle": "100ms", "replicas": 2,
    "protocol": {"name": "primary_backup"}, "clients": {"rate": "50/s"},
    "network": {"delay": {"exponential": "1ms"}, "loss": 0.05}})");
  document["service"]["name"] = service;
  document["clients"]["count"] = kCheckClients;
  document["clients"]["operations"] = kCheckOperations / kCheckClients;
  const Scenario scenario = read_scenario(std::move(document), "bench");
  Histories all;
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed)
    all.push_back(run_once(scenario, seed).record.operations);
  return all;
}

double check_us(const Histories& histories, Model model) {
  constexpr int kRounds = 15;
  std::vector<double> rounds;
  for (int i = 0; i < kRounds; ++i) {
    const double start = cpu_seconds();
    for (const auto& operations : histories) {
      const Verdict verdict = linearizability_verdict(operations, model, initial_value(model));
      if (verdict != Verdict::linearizable) throw std::logic_error("a correct object's history was refused");
    }
    rounds.push_back((cpu_seconds() - start) / static_cast<double>(kHistories) * 1e6);
  }
  return median(rounds);
}

Json measure_check() {
  Json all = Json::array();
  const auto add = [&](const char* source, Model model, const Histories& histories) {
    all.push_back({{"source", source},
                   {"model", std::string(model_name(model))},
                   {"operations", histories.front().size()},
                   {"clients", kCheckClients},
                   {"us_per_history", check_us(histories, model)}});
  };
  add("simulated", Model::reg, simulated_histories("register"));
  add("simulated", Model::kv, simulated_histories("kv"));
  add("simulated", Model::log, simulated_histories("log"));
  for (const Model model : {Model::reg, Model::kv, Model::log})
    add("generated", model, generated_histories(model));
  return all;
}

void run_bench(bool as_json) {
  const EchoRates echo = measure_echo();
  Json hold = Json::array();
  for (const std::size_t pending : {10u, 1'000u, 100'000u}) {
    hold.push_back({{"pending", pending}, {"events_per_second", hold_events_per_second(pending, 2'000'000)}});
  }
  const Json result{
      {"echo",
       {{"nodes", kEchoNodes}, {"deliveries_per_second", echo.full}, {"ratio_to_bare_loop", echo.ratio}}},
      {"hold", std::move(hold)},
      {"raft", measure_raft()},
      {"run_overhead_us", run_overhead_us(10'000)},
      {"sweep_overhead_us", sweep_overhead_us()},
      {"check", measure_check()},
      {"protocols", measure_protocols()}};
  if (as_json) {
    fmt::print("{}\n", result.dump(2));
    return;
  }
  fmt::print("echo among {} nodes: {:.3g} M deliveries/s, {:.2f} of the bare loop\n", kEchoNodes,
             echo.full / 1e6, echo.ratio);
  for (const auto& one : result["hold"]) {
    fmt::print("queue with {} pending: {:.3g} M events/s\n", one["pending"].get<std::size_t>(),
               one["events_per_second"].get<double>() / 1e6);
  }
  for (const auto& one : result["raft"]) {
    fmt::print("raft, {} replicas, 1 client: {:.3g} k operations/s, {:.2f} of the bare loop\n",
               one["replicas"].get<std::size_t>(), one["operations_per_second"].get<double>() / 1e3,
               one["ratio_to_bare_loop"].get<double>());
  }
  fmt::print("set-up of a run: {:.3g} us\n", result["run_overhead_us"].get<double>());
  tell_sweep(result["sweep_overhead_us"].get<double>());
  for (const auto& one : result["check"]) {
    fmt::print("check of {} {} operations by {} clients, {}: {:.3g} us\n", one["source"].get<std::string>(),
               one["operations"].get<std::uint64_t>(), one["clients"].get<std::uint32_t>(),
               one["model"].get<std::string>(), one["us_per_history"].get<double>());
  }
  for (const auto& [name, rates] : result["protocols"].items()) {
    for (const auto& rate : rates) {
      fmt::print("{}, {} replicas, {} client(s): {:.3g} k operations/s, {:.3g} M deliveries/s\n", name,
                 rate["replicas"].get<std::size_t>(), rate["clients"].get<std::uint32_t>(),
                 rate["operations_per_second"].get<double>() / 1e3,
                 rate["deliveries_per_second"].get<double>() / 1e6);
    }
  }
}

}  // namespace

void add_bench_command(CLI::App& app, int& /*exit_code*/) {
  struct Chosen {
    bool json = false, sweep = false;
  };
  auto options = std::make_shared<Chosen>();  // lives as long as the parser that fills it
  CLI::App* command = app.add_subcommand("bench", "Measure the simulator's speed on one core");
  command->add_flag("--json", options->json, "As JSON");
  command->add_flag("--sweep", options->sweep, "Measure only the overhead of a sweep");
  command->callback(
      [options] { options->sweep ? run_sweep_bench(options->json) : run_bench(options->json); });
}

}  // namespace sim
