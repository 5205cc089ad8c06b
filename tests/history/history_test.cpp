// Reading and writing histories: what is written comes back, foreign formats are understood, and nothing that
// is cut or wrong is ever read as if it were whole.
#include "sim/history/history.hpp"
#include "sim/history/generator.hpp"
#include "sim/history/history_error.hpp"
#include "sim/history/read_history.hpp"
#include "sim/history/reading_options.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/history/write_history.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "sim/linearizability/verdict.hpp"

#include <sstream>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"

namespace {

using namespace sim;

constexpr const char* kHeader =
    R"({"repsim":"history","version":1,"scenario":"s","protocol":"p","seed":7,"model":"kv","clients":3})"
    "\n";
constexpr const char* kWrite =
    R"({"client":0,"f":"write","key":2,"value":17,"call":1200300,"return":3400100,"outcome":"ok"})"
    "\n";

History parse(const std::string& text, HistoryFormat format = HistoryFormat::automatic) {
  std::istringstream in(text);
  return read_history(in, "a file", format);
}

std::string error_of(const std::string& text, HistoryFormat format = HistoryFormat::automatic) {
  try {
    parse(text, format);
  } catch (const HistoryError& error) {
    return error.what();
  }
  return "no error";
}

std::string operation(const std::string& fields) { return kHeader + ("{" + fields + "}\n"); }

TEST_CASE("a history that was written reads back equal") {
  History history;
  history.scenario = "a \"name\"";
  history.protocol = "primary_backup";
  history.seed = ~std::uint64_t{0};
  history.clients = 2;
  history.model = Model::kv;
  history.initial = std::string();
  const std::vector<Value> values{Nil{}, std::int64_t{-5}, List{1, 2}, List{}, std::string("text")};
  for (const Action action : {Action::read, Action::write, Action::cas, Action::append}) {
    for (const Value& value : values) {
      Operation op{.client = ClientId{1}, .action = action, .outcome = Outcome::ok, .key = 3};
      if (action != Action::read) op.argument = value;
      if (action == Action::read) op.output = value;
      if (action == Action::cas) op.expected = List{4};
      if (action == Action::cas) op.output = std::int64_t{1};
      op.call = Time{5ns};
      op.ret = Time{6ns};
      history.operations.push_back(op);
      if (action != Action::read && action != Action::cas) {
        op.outcome = Outcome::pending;
        op.ret = kNever;
        history.operations.push_back(op);
      }
    }
  }
  history.times_are_lines = true;
  history.faults = {
      {.what = "crash", .from = Time{Duration{3}}, .until = Time{Duration{5}}, .text = "replica 1 crashes"},
      {.what = "partition", .from = Time{Duration{4}}}};
  std::stringstream stream;
  write_jsonl(stream, history);
  CHECK(read_history(stream, "a file") == history);
}

TEST_CASE("the documented example line means what the documentation says") {
  const History history = parse(std::string(kHeader) + kWrite);
  CHECK(history.scenario == "s");
  CHECK(history.seed == 7);
  CHECK(history.model == Model::kv);
  REQUIRE(history.operations.size() == 1);
  const Operation& op = history.operations[0];
  CHECK(op.action == Action::write);
  CHECK(op.key == 2);
  CHECK(op.argument == Value{std::int64_t{17}});
  CHECK(op.call == Time{1200300ns});
  CHECK(op.ret == Time{3400100ns});
}

TEST_CASE(
    "a line that is cut, or says something impossible, is an error with its line and what was expected") {
  const std::string good = std::string(kHeader) + kWrite;
  const std::vector<std::pair<std::string, std::string>> cases{
      {good + R"({"client":0,"f":"wri)", "a file:3: not JSON"},
      {good + "[]\n", "a file:3: found array; expected a JSON object"},
      {kWrite, "a file:1: expected a first line"},
      {"", "empty"},
      {R"({"repsim":"history","version":1,"faults":[{"what":"crash"}]})",
       "a file:1: key \"from\" is missing"},
      {R"({"repsim":"history","version":1,"faults":[{"what":"crash","from":2,"until":1}]})",
       "a fault's \"until\" is before its \"from\""},
      {R"({"repsim":"history","version":1,"times":"hours"})", "\"times\" is \"hours\"; expected \"lines\""},
      {operation(R"("client":0,"f":"fly","call":1,"outcome":"pending")"), "a file:2: \"f\" is \"fly\""},
      {operation(R"("client":-1,"f":"read","call":1,"outcome":"pending")"),
       "\"client\" is -1; expected 0 to 9223372036854775807"},
      {operation(R"("client":0,"f":"read","call":"1","outcome":"pending")"),
       "\"call\" is \"1\"; expected an integer"},
      {operation(R"("client":0,"f":"read","call":1.5,"outcome":"pending")"), "expected an integer"},
      {operation(R"("client":0,"f":"read","call":1,"outcome":"lost")"), "expected ok, pending or failed"},
      {operation(R"("client":0,"f":"read","call":9,"return":8,"output":1,"outcome":"ok")"),
       "before \"call\""},
      {operation(R"("client":0,"f":"read","call":1,"return":2,"outcome":"ok")"), "key \"output\" is missing"},
      {operation(R"("client":0,"f":"read","call":1,"outcome":"ok","output":1)"), "key \"return\" is missing"},
      {operation(R"("client":0,"f":"read","call":1,"return":2,"outcome":"pending")"), "no \"return\""},
      {operation(R"("client":0,"f":"write","call":1,"outcome":"pending")"), "key \"value\" is missing"},
      {operation(R"("client":0,"f":"cas","value":1,"call":1,"outcome":"pending")"),
       "key \"expected\" is missing"},
      {operation(R"("client":0,"f":"read","call":1,"outcome":"pending","colour":1)"),
       "unknown key \"colour\""},
      {operation(R"("client":0,"f":"write","value":1,"value":2,"call":1,"outcome":"pending")"),
       "a file:2: the key \"value\" comes twice"},
      {operation(R"("client":0,"f":"write","value":{"edn":"##NaN"},"call":1,"outcome":"pending")"),
       "\"edn\": found ##NaN, which equals no value"},
      {operation(R"("client":0,"f":"enqueue","value":1,"call":1,"outcome":"pending")"),
       "\"f\" is \"enqueue\"; expected of the model kv: read, write, cas, append"},
      {operation(R"("client":0,"f":"write","value":1e999,"call":1,"outcome":"pending")"), "not JSON"},
      {operation(R"("client":)" + std::string(500'000, '[') + std::string(500'000, ']')),
       "\"client\" is an array; expected an integer"},
  };
  for (const auto& [text, expectation] : cases) {
    INFO(text.substr(0, 400));
    CHECK_THAT(error_of(text), Catch::Contains(expectation));
  }
}

TEST_CASE("an etcd log gives failed cas as constraints and lost operations as pending") {
  const History history = parse(
      "INFO  jepsen.util - 0\t:invoke\t:write\t3\n"
      "some other line\n"
      "INFO  jepsen.util - 1\t:invoke\t:cas\t[1 2]\n"
      "INFO  jepsen.util - 0\t:ok\t:write\t3\n"
      "INFO  jepsen.util - 1\t:fail\t:cas\t[1 2]\n"
      "INFO  jepsen.util - 2\t:invoke\t:read\tnil\n"
      "INFO  jepsen.util - 2\t:fail\t:read\t:timed-out\n"
      "INFO  jepsen.util - 3\t:invoke\t:write\t4\n"
      "INFO  jepsen.util - 3\t:info\t:write\t:timed-out\n");
  REQUIRE(history.operations.size() == 4);
  CHECK(history.times_are_lines);
  CHECK(history.operations[0].call == Time{1ns});
  CHECK(history.operations[0].ret == Time{4ns});
  CHECK(history.operations[1].outcome == Outcome::ok);
  CHECK(history.operations[1].output == Value{std::int64_t{0}});
  CHECK(history.operations[2].outcome == Outcome::failed);
  CHECK(history.operations[3].outcome == Outcome::pending);
}

TEST_CASE("a process has one operation at a time, and may go on when the fate of one is unknown") {
  const std::string invoke = "INFO  jepsen.util - 0\t:invoke\t:write\t3\n";
  CHECK_THAT(error_of(invoke + invoke),
             Catch::Contains("a file:2: :f :write: process 0 already has an operation open"));
  const History again = parse(invoke + "INFO  jepsen.util - 0\t:info\t:write\t:timed-out\n" + invoke +
                              "INFO  jepsen.util - 0\t:ok\t:write\t3\n");
  REQUIRE(again.operations.size() == 2);
  CHECK(again.operations[0].outcome == Outcome::pending);
  CHECK(again.operations[1].outcome == Outcome::ok);
  CHECK_THAT(error_of("INFO  jepsen.util - 0\t:ok\t:write\t3\n"), Catch::Contains("never invoked"));
  CHECK_THAT(error_of(invoke + "INFO  jepsen.util - 0\t:ok\t:re"),
             Catch::Contains("a file:2: :f :re: found \":re\""));
  CHECK_THAT(error_of(invoke + "INFO  jepsen.ut"), Catch::Contains("a file:2: the file ends within a line"));
}

TEST_CASE("Jepsen's EDN is read as a vector, a list or bare maps, with keys in any order") {
  const std::string maps =
      "{:process 0, :type :invoke, :f :cas, :value [1 2]} ; a comment\n"
      "{:value nil :f :start :type :info :process :nemesis}\n"
      "#_{:ignored true} {:f :cas, :type :fail, :value [1 2], :process 0, :time 12}\n"
      "{:process 1, :type :invoke, :f :read, :value nil}{:process 1, :type :ok, :f :read, :value 7}\n";
  for (const std::string& text : {maps, "[" + maps + "]", "(" + maps + ")"}) {
    const History history = parse(text, HistoryFormat::edn);
    REQUIRE(history.operations.size() == 2);
    CHECK(history.operations[0].outcome == Outcome::failed);
    CHECK(history.operations[1].output == Value{std::int64_t{7}});
    CHECK(history.operations[1].call < history.operations[1].ret);
  }
}

TEST_CASE(
    "Jepsen's sets are read: adds that say nothing, the whole as a set, and lookups with what they found") {
  const History history = parse(
      "{:process 0, :type :invoke, :f :add, :value 3}\n"
      "{:process 0, :type :ok, :f :add, :value 3}\n"
      "{:process 1, :type :invoke, :f :add, :value 4}\n"
      "{:process 0, :type :invoke, :f :read, :value nil}\n"
      "{:process 0, :type :ok, :f :read, :value #{4 3}}\n"
      "{:process 2, :type :invoke, :f :contains, :value 5}\n"
      "{:process 2, :type :ok, :f :contains, :value [5 false]}\n"
      "{:process 2, :type :invoke, :f :insert, :value 3}\n"
      "{:process 2, :type :ok, :f :insert, :value [3 false]}\n",
      HistoryFormat::edn);
  CHECK(history.model == Model::set);
  REQUIRE(history.operations.size() == 5);
  CHECK(history.operations[0].action == Action::insert);
  CHECK(history.operations[0].output == Value{});
  CHECK(history.operations[1].outcome == Outcome::pending);
  CHECK(history.operations[2].output == Value{List{4, 3}});
  CHECK(history.operations[3].output == Value{std::int64_t{0}});
  CHECK(history.operations[4].output == Value{std::int64_t{0}});
  CHECK(linearizability_verdict(history.operations, Model::set, List{}) == Verdict::linearizable);
  const std::string asked = "{:process 2, :type :invoke, :f :contains, :value 5}\n{:process 2, :type :ok, ";
  CHECK_THAT(error_of(asked + ":f :contains, :value [6 false]}\n"),
             Catch::Contains("a file:2: :f :contains: expected :value"));
  CHECK_THAT(error_of(asked + ":f :contains, :value 5}\n"),
             Catch::Contains("a file:2: :f :contains: expected :value"));
}

TEST_CASE("what is asked of it tells what the object of a history in EDN is") {
  const auto model_of = [](const std::string& f, const std::string& key = "") {
    return parse("[{:process 0, :type :invoke, :f " + f + key + ", :value 1}]", HistoryFormat::edn).model;
  };
  CHECK(model_of(":write") == Model::cas_register);
  CHECK(model_of(":add") == Model::set);
  CHECK(model_of(":enqueue") == Model::queue);
  CHECK(model_of(":pop") == Model::stack);
  CHECK(model_of(":acquire") == Model::lock);
  CHECK(model_of(":append") == Model::log);
  CHECK(model_of(":append", ", :key 3") == Model::kv);
}

TEST_CASE("kv texts start from the empty text, and a get without an answer stays open") {
  const History history = parse(
      "{:process 0, :type :invoke, :f :append, :key \"5\", :value \"x \\\"y\\\"\"}\n"
      "{:process 1, :type :invoke, :f :get, :key \"5\", :value nil}\n"
      "{:process 0, :type :ok, :f :append, :key \"5\", :value \"x \\\"y\\\"\"}\n");
  CHECK(history.model == Model::kv);
  CHECK(history.initial == Value{std::string()});
  REQUIRE(history.operations.size() == 2);
  CHECK(history.operations[0].key == 5);
  CHECK(history.operations[0].argument == Value{std::string("x \"y\"")});
  CHECK(history.operations[1].outcome == Outcome::pending);
}

TEST_CASE("EDN that is cut or unbalanced is an error") {
  CHECK_THAT(error_of("[{:process 0 :type :invoke\n"),
             Catch::Contains("a file:2: the text ends; expected '}'"));
  CHECK_THAT(error_of("[{:process 0]}\n"), Catch::Contains("found another bracket"));
  CHECK_THAT(error_of("[{:process 0, :type \"inv\n"), Catch::Contains("within a string"));
  CHECK_THAT(error_of("[{:process 0, :type :invoke}]\n"), Catch::Contains("without :f"));
  CHECK_THAT(error_of("]"), Catch::Contains("unknown format"));
  CHECK_THAT(error_of(std::string(100'000, '[')), Catch::Contains("nested too deeply"));
}

TEST_CASE("a file that can't be opened is an error that names it") {
  CHECK_THROWS_AS(read_history_file("/no/such/file"), HistoryError);
}

}  // namespace

namespace {

Operation timed(std::uint16_t client, Action action, std::int64_t value, std::int64_t call,
                std::int64_t ret) {
  Operation op{.client = ClientId{client}, .action = action, .outcome = Outcome::ok};
  (action == Action::read ? op.output : op.argument) = value;
  op.call = Time{Duration{call}};
  op.ret = Time{Duration{ret}};
  return op;
}

History of_register(std::vector<Operation> operations) {
  History history;
  history.clients = 2;
  history.model = Model::reg;
  history.operations = std::move(operations);
  return history;
}

Verdict verdict_of_edn(const History& history) {
  std::stringstream edn;
  write_edn(edn, history);
  const History back = read_history(edn, "edn", HistoryFormat::edn);
  REQUIRE(back.operations.size() == history.operations.size());
  return linearizability_verdict(back.operations, *history.model, initial_value(*history.model));
}

}  // namespace

TEST_CASE("what is written in Jepsen's notation reads back with the same verdict") {
  int violations = 0;
  for (const Model model : {Model::reg, Model::kv, Model::log, Model::set, Model::queue, Model::stack}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      GeneratorPlan plan;
      plan.model = model;
      plan.operations = 40;
      plan.clients = 4;
      plan.seed = seed;
      plan.crashes = 3;
      if (model == Model::kv) plan.mix = {{Action::read, 1}, {Action::write, 1}};  // no cas: see write_edn
      plan.bug = seed % 2 == 0 ? GeneratorPlan::Bug::stale_read : GeneratorPlan::Bug::none;
      const History history = generate_history(plan);
      const Verdict verdict = linearizability_verdict(history.operations, model, initial_value(model));
      violations += verdict == Verdict::violation ? 1 : 0;
      CAPTURE(model_name(model), seed);
      REQUIRE(verdict_of_edn(history) == verdict);
    }
  }
  CHECK(violations > 10);
}

TEST_CASE("Jepsen's notation: a client with several open operations becomes several processes") {
  using enum Action;
  CHECK(verdict_of_edn(of_register({timed(0, write, 1, 1, 9), timed(0, write, 2, 2, 4),
                                    timed(1, read, 2, 5, 6)})) == Verdict::linearizable);
  CHECK(verdict_of_edn(of_register({timed(0, write, 1, 1, 3), timed(0, write, 2, 2, 4),
                                    timed(1, read, 1, 5, 6), timed(1, read, 2, 7, 8)})) ==
        Verdict::violation);
}

TEST_CASE(
    "Jepsen's notation: what shares an instant stays concurrent, also of clients that return and call") {
  using enum Action;
  const auto one = of_register({timed(0, write, 1, 1, 5), timed(1, write, 2, 2, 5), timed(0, read, 1, 5, 7)});
  CHECK(verdict_of_edn(one) == Verdict::linearizable);
  auto two = one;
  two.operations.push_back(timed(1, read, 2, 5, 9));
  CHECK(verdict_of_edn(two) == Verdict::linearizable);
  for (Operation& op : two.operations) op.client = ClientId{0};
  CHECK(verdict_of_edn(two) == Verdict::linearizable);
}

TEST_CASE("what a model can't hold is an error that names the operation's line, blank lines counted") {
  const auto complaint = [](const std::string& text) -> std::string {
    try {
      std::istringstream in(text);
      read_history(in, "h", HistoryFormat::jsonl);
    } catch (const HistoryError& error) {
      return error.what();
    }
    return {};
  };
  const std::string counter = "{\"repsim\":\"history\",\"version\":1,\"model\":\"counter\"}\n";
  const auto add = [](const char* value) {
    return std::string(R"({"client":0,"f":"add","value":)") + value +
           ",\"call\":0,\"return\":1,\"outcome\":\"ok\"}\n";
  };
  const std::string lowest = add("-9223372036854775808");
  const std::string why =
      ": :f :add: expected :value to be an integer of 64 bits (model counter), "
      "-9223372032559808512 at least";
  CHECK(complaint(counter + lowest) == "h:2" + why);
  CHECK(complaint(counter + add("1") + add("2") + lowest) == "h:4" + why);
  CHECK(complaint(counter + "\n" + add("1") + "  \n\n" + add("2") + lowest + add("3")) == "h:7" + why);
  CHECK(complaint("\n\n" + counter + lowest) == "h:4" + why);
  CHECK(complaint(counter + add("-9223372032559808512")).empty());
  const std::string read =
      R"({"client":0,"f":"read","output":-9223372036854775808,"call":0,"return":1,"outcome":"ok"})";
  CHECK(complaint(counter + add("1") + read + "\n").starts_with("h:3: :f :read"));
}

TEST_CASE("a lock's history is not written in EDN if its holder has several operations open") {
  History history;
  const auto add = [&](Action action, std::int64_t call, std::int64_t ret) {
    Operation op{.client = ClientId{0},
                 .action = action,
                 .outcome = Outcome::ok,
                 .call = Time{Duration{call}},
                 .ret = Time{Duration{ret}}};
    op.output = std::int64_t{1};
    history.operations.push_back(op);
  };
  const auto writes = [&](Model model) {
    history.model = model;
    std::ostringstream out;
    try {
      write_edn(out, history);
    } catch (const std::runtime_error&) {
      return false;
    }
    return true;
  };
  add(Action::acquire, 1, 10);
  CHECK(writes(Model::lock));
  add(Action::release, 5, 15);
  CHECK_FALSE(writes(Model::lock));
  CHECK(writes(Model::mutex));
}
