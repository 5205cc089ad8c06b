// Bad input of every kind: exit code 2, one line that says where, what and what instead, and nothing written.
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "sim/scenario/json.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/shell.hpp"

namespace fs = std::filesystem;
using sim::Json;

namespace {

struct InputFolder : Folder {
  std::string file(const std::string& name) const { return (path / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    replace(path / name, text);
    return file(name);
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator{}));
  }
};

// Standard output and error together.
Ended repsim(const std::string& arguments) { return shell("\"$R\" " + arguments + " 2>&1"); }

Json good() {
  return Json::parse(R"({ "name": "good", "duration": "100ms", "settle": "0s", "replicas": 3,
    "protocol": { "name": "naive_broadcast" }, "clients": { "count": 1, "rate": "1000/s" } })");
}

// Runs the text of a scenario, asks for every kind of output, and expects one line with all of `parts`.
void refused(const std::string& text, const std::vector<std::string>& parts) {
  const InputFolder folder;
  const std::string file = folder.write("bad.json", text);
  const Ended ended = repsim(fmt::format("run {} --trace {} --history {} --save {}", file, folder.file("t"),
                                         folder.file("h"), folder.file("s")));
  INFO(text.substr(0, 300));
  INFO(ended.out);
  CHECK(ended.code == 2);
  CHECK(std::ranges::count(ended.out, '\n') == 1);
  CHECK(ended.out.find("bad.json") != std::string::npos);
  for (const auto& part : parts) {
    INFO("expected in the message: " << part);
    CHECK(ended.out.find(part) != std::string::npos);
  }
  CHECK(folder.files() == 1);
}

// The good scenario with one value changed.
void refused_with(const std::string& pointer, const std::string& value,
                  const std::vector<std::string>& parts) {
  Json document = good();
  document[Json::json_pointer(pointer)] = Json::parse(value);
  refused(document.dump(), parts);
}

void refused_fault(const std::string& fault, const std::vector<std::string>& parts) {
  refused_with("/faults", "[" + fault + "]", parts);
}

}  // namespace

TEST_CASE("the good scenario runs: what the others say is due to their change", "[bad_input]") {
  const InputFolder folder;
  const Ended ended = repsim("run " + folder.write("good.json", good().dump()));
  INFO(ended.out);
  CHECK(ended.code <= 1);
}

TEST_CASE("what is not JSON is refused with line and column", "[bad_input]") {
  refused("{\n  \"name\": oops\n}", {"line 2, column 1"});
  refused("", {"not JSON", "line 1, column 1"});
  refused("[1, 2", {"not JSON"});
  refused("{\"name\": \"\xff\"}", {"not JSON"});
  refused("{\"name\": 1e999}", {"not JSON"});
  refused("{\"name\": \"a\", \"name\": \"b\"}", {"\"name\"", "duplicate key"});
  refused("[]", {"found []", "an object"});
  refused("null", {"found null", "an object"});
}

TEST_CASE("unknown keys, missing keys and wrong types are refused", "[bad_input]") {
  refused_with("/replcas", "3", {"/replcas", "unknown key", "\"replicas\""});
  refused_with("/clients/cuont", "3", {"/clients/cuont", "\"count\""});
  refused_with("/protocol/catchup", "\"log\"", {"/protocol/catchup", "\"catch_up\""});
  refused_with("/network/reorder", R"({"probabilty": 0.1})",
               {"/network/reorder/probabilty", "\"probability\""});
  refused(R"({ "protocol": { "name": "naive_broadcast" } })", {"missing key \"name\""});
  refused(R"({ "name": "x" })", {"missing key \"protocol\""});
  refused(R"({ "name": "x", "protocol": {} })", {"/protocol", "missing key \"name\"", "naive_broadcast"});
  refused_with("/name", "5", {"/name: found 5", "a text"});
  refused_with("/replicas", "\"three\"", {"/replicas: found \"three\"", "a whole number"});
  refused_with("/network/fifo", "1", {"/network/fifo: found 1", "true or false"});
  refused_with("/network", "[]", {"/network: found []", "an object"});
  refused_with("/faults", "{}", {"/faults: found {}", "a list"});
  refused_with("/sweep", R"({"vary": {"/clients/count": 3}})", {"/sweep/vary/~1clients~1count", "a list"});
}

TEST_CASE("values without a unit, negative or absurd ones are refused", "[bad_input]") {
  refused_with("/duration", "30", {"/duration: found 30", "\"30ms\""});
  refused_with("/duration", "\"30\"", {"/duration: found \"30\"", "a duration with a unit"});
  refused_with("/duration", "\"0s\"", {"/duration: found \"0s\""});
  refused_with("/duration", "\"-1s\"", {"/duration: found \"-1s\""});
  refused_with("/duration", "\"1000000h\"", {"/duration"});
  refused_with("/clients/rate", "50", {"/clients/rate: found 50", "\"50/s\""});
  refused_with("/clients/rate", "\"0/s\"", {"/clients/rate", "above 0"});
  refused_with("/clients/timeout", "\"-5ms\"", {"/clients/timeout"});
  refused_with("/replicas", "0", {"/replicas: found 0", "1 to 1000"});
  refused_with("/replicas", "1001", {"/replicas: found 1001"});
  refused_with("/replicas", "18446744073709551615", {"/replicas"});
  refused_with("/seed", "-1", {"/seed: found -1"});
  refused_with("/clients/count", "100000", {"/clients/count"});
  refused_with("/service", R"({"name": "register", "keys": 2})", {"/service/keys: found 2"});
  refused_with("/clients/writes", R"({"add": 1})", {"/clients/writes/add", "write, append, cas"});
  refused_with("/clients", R"({"every": "0s"})", {"/clients/every: found \"0s\""});
  refused_with("/clients/think", "\"0s\"", {"/clients/think", "only one of"});
}

TEST_CASE("probabilities outside 0 to 1 are refused", "[bad_input]") {
  refused_with("/network/loss", "1.5", {"/network/loss: found 1.5", "0 to 1"});
  refused_with("/network/duplicate", "-0.1", {"/network/duplicate"});
  refused_with("/clients/reads", "2", {"/clients/reads"});
  refused_with("/network/links", R"([{"from": 0, "to": 1, "loss": 2}])", {"/network/links/0/loss"});
}

TEST_CASE("nodes that don't exist and names that aren't known are refused", "[bad_input]") {
  refused_fault(R"({"at": "1ms", "crash": 3})", {"/faults/0/crash: found 3", "0 to 2"});
  refused_fault(R"({"at": "1ms", "crash": "primery"})", {"/faults/0/crash"});
  refused_fault(R"({"from": "1ms", "partition": [[0], [7]]})", {"/faults/0/partition/1/0: found 7"});
  refused_fault(R"({"from": "1ms", "cut": [0, "c1"]})", {"/faults/0/cut/1: found \"c1\"", "\"c0\""});
  refused_with("/network/links", R"([{"from": 0, "to": 3}])", {"/network/links/0/to: found 3"});
  refused_with("/protocol/name", "\"naive_brodcast\"", {"/protocol/name", "\"naive_broadcast\""});
  refused_with("/service", R"({"name": "kvs"})", {"/service/name", "\"kv\""});
  refused_with("/protocol/catch_up", "\"logs\"", {"/protocol/catch_up", "\"log\""});
}

TEST_CASE("faults that make no sense are refused", "[bad_input]") {
  refused_fault(R"({"from": "1ms", "partition": [[0, 1], [1, 2]]})",
                {"/faults/0/partition", "each node once"});
  refused_fault(R"({"at": "1s", "crash": 0})", {"/faults/0/at: found \"1s\"", "up to the end"});
  refused_fault(R"({"from": "9ms", "to": "9ms", "pause": 0})", {"/faults/0/to", "after the beginning"});
  refused_fault(R"({"from": "9ms", "to": "9s", "pause": 0})", {"/faults/0/to", "up to the end"});
  refused_fault(R"({"at": "1ms", "crush": 0})", {"/faults/0/crush", "\"crash\""});
  refused_fault(R"({"at": "1ms"})", {"/faults/0", "one of the faults"});
  refused_fault(R"({"crash": 0})", {"/faults/0", "missing key \"at\""});
  refused_fault(R"({"pause": 0})", {"/faults/0", "missing key \"from\""});
  refused_fault(R"({"at": "1ms", "crash": 0, "restart": 1})", {"/faults/0/"});
  refused_fault(R"({"at": "1ms", "crash": "crashed"})", {"/faults/0/crash", "restart"});
  refused_fault(R"({"at": "1ms", "clock": 0, "drift": 2})", {"/faults/0/drift"});
  refused_fault(R"({"at": "1ms", "transfer": 3})", {"/faults/0/transfer: found 3", "0 to 2"});
  refused_fault(R"({"at": "1ms", "reconfigure": [0, 1, 1]})", {"/faults/0/reconfigure", "each once"});
  refused_fault(R"({"at": "1ms", "reconfigure": [0], "by": "any"})", {"/faults/0/by", "\"primary\""});
  refused_fault(R"({"at": "1ms", "reconfigure": [0]})",
                {"/faults/0/reconfigure", "naive_broadcast", "accepts no operator orders"});
  refused_fault(R"({"random": {"kind": "heal", "rate": "1/s"}})", {"/faults/0/random/kind", "\"pause\""});
}

TEST_CASE("a misspelt misbehaviour is named, though nothing else says what the node does", "[bad_input]") {
  refused_fault(R"({"at": "10ms", "byzantine": 0, "equivocat": [1]})",
                {"/faults/0/equivocat", "unknown key \"equivocat\"", "\"equivocate\""});
  refused_fault(R"({"at": "10ms", "byzantine": 0})",
                {"/faults/0/byzantine: found 0", "what the node does", "equivocate"});
  refused_fault(R"({"at": "10ms", "byzantine": 0, "wild": true, "collude": true})", {"what the node does"});
}

TEST_CASE("delay laws that make no sense are refused", "[bad_input]") {
  refused_with("/network/delay", "2", {"/network/delay: found 2"});
  refused_with("/network/delay", R"({"exponentail": "2ms"})", {"/network/delay", "\"exponential\""});
  refused_with("/network/delay", R"({"uniform": ["2ms", "1ms"]})", {"/network/delay/uniform", "ascending"});
  refused_with("/network/delay", R"({"pareto": {"scale": "1ms"}})", {"/network/delay/pareto", "\"shape\""});
  refused_with("/network/delay", R"({"empirical": "none.txt"})",
               {"/network/delay/empirical", "none.txt: no such file"});
}

TEST_CASE("a sweep over a path that doesn't exist is refused", "[bad_input]") {
  refused_with("/sweep", R"({"vary": {"/clients/cuont": [1]}})",
               {"/sweep/vary/~1clients~1cuont", "no such path", "\"/clients/count\""});
}

TEST_CASE("points of a sweep without a label, or with one twice, are refused", "[bad_input]") {
  refused_with("/sweep", R"({"points": []})", {"/sweep/points: found []", "at least one"});
  refused_with("/sweep", R"({"points": [{"/replicas": 4}]})", {"/sweep/points/0", "\"label\""});
  refused_with("/sweep", R"({"points": [{"label": ""}]})", {"/sweep/points/0/label: found \"\""});
  refused_with("/sweep", R"({"points": [{"label": "a"}, {"label": "a"}]})",
               {"/sweep/points/1/label: found \"a\"", "no other point has"});
  refused_with("/sweep", R"({"points": [[{"label": "a"}], [{"label": "b"}, {"label": "a"}]]})",
               {"/sweep/points/1/1/label: found \"a\"", "no other point has"});
  refused_with("/sweep", R"({"points": [{"label": "a / b"}]})", {"/sweep/points/0/label", "a short name"});
  refused_with("/sweep", R"({"points": [[{"label": "a"}], [{"label": "b", "/cuont": 1}]]})",
               {"/sweep/points/1/0/~1cuont", "no such path"});
  refused_with("/sweep", R"({"points": [{"label": "a", "replicas": 4}]})",
               {"/sweep/points/0/replicas", "JSON pointer"});
  refused_with("/sweep", R"({"points": [{"label": "a"}, {"label": "b", "/clients/cuont": 1}]})",
               {"/sweep/points/1/~1clients~1cuont", "no such path", "\"/clients/count\""});
  refused_with("/sweep", R"({"points": "none.json"})", {"/sweep/points: ", "none.json: no such file"});
}

TEST_CASE("a point is chosen by its label", "[bad_input]") {
  const InputFolder folder;
  Json listed = good();
  listed["sweep"] =
      Json::parse(R"({"points": [{"label": "one"}, {"label": "two, quoted", "/replicas": 2}]})");
  const std::string file = folder.write("listed.json", listed.dump());
  const Ended chosen = repsim("run " + file + " --point 'two, quoted' --json");
  CHECK(chosen.code <= 1);
  const Ended wrong = repsim("run " + file + " --point tow");
  CHECK(wrong.code == 2);
  CHECK(wrong.out.find("no point has the label \"tow\", expected one of one, two, quoted") !=
        std::string::npos);
  CHECK(repsim("sweep " + file + " --seeds 1 --point one").out.find("1 points x 1 seeds") !=
        std::string::npos);
}

TEST_CASE("a huge file and bottomless nesting are refused at once", "[bad_input]") {
  const InputFolder folder;
  const std::string huge = folder.write("huge.json", "");
  fs::resize_file(huge, 100'000'000);
  const Ended ended = repsim("run " + huge);
  CHECK(ended.code == 2);
  CHECK(ended.out.find("huge.json: is too large, expected at most 16 MB") != std::string::npos);
  refused(std::string(100'000, '['), {"line 1, column 101", "nested too deeply"});
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  refused(objects, {"nested too deeply"});
  refused("{\"a\": \"[[\\\"[\", \"b\": " + std::string(100, '['), {"line 1, column", "nested too deeply"});
  std::string keys = "{\"k\": 0";
  for (int i = 0; i < 300'000; ++i) keys += fmt::format(", \"{}\": 0", i);
  refused(keys + "}", {"too many keys"});
}

TEST_CASE("files that can't be read or written are refused before anything runs", "[bad_input]") {
  const InputFolder folder;
  const std::string file = folder.write("good.json", good().dump());
  CHECK(repsim("run " + folder.file("none.json")).out.find("none.json: no such file") != std::string::npos);
  CHECK(repsim("run " + folder.file("")).code == 2);
  for (const char* option : {"--trace", "--history", "--save"}) {
    const Ended ended = repsim(fmt::format("run {} {} {}", file, option, folder.file("no/such/folder/x")));
    INFO(ended.out);
    CHECK(ended.code == 2);
    CHECK(ended.out.find("no/such/folder/x: can't be written: No such file") != std::string::npos);
    CHECK(std::ranges::count(ended.out, '\n') == 1);
  }
  CHECK(folder.files() == 1);
}

TEST_CASE("bad options and settings are refused", "[bad_input]") {
  const InputFolder folder;
  const std::string file = folder.write("good.json", good().dump());
  const std::vector<std::string> all{"",
                                     "frobnicate",
                                     "run",
                                     "run " + file + " --sed 1",
                                     "run " + file + " --seed -1",
                                     "run " + file + " --seed x",
                                     "run " + file + " --set clients",
                                     "run " + file + " --set /clients/count",
                                     "run " + file + " --set /clients/cuont=3",
                                     "run " + file + " --set /clients/count=many",
                                     "determinism " + file + " --runs 0",
                                     "list planets"};
  for (const auto& arguments : all) {
    const Ended ended = repsim(arguments);
    INFO(arguments);
    INFO(ended.out);
    CHECK(ended.code == 2);
  }
  CHECK(repsim("--help").code == 0);
  CHECK(repsim("run --help").code == 0);
}

TEST_CASE("reaching the bound on events is exit code 3, and says so", "[bad_input]") {
  const InputFolder folder;
  const Ended ended = repsim("run " + folder.write("good.json", good().dump()) + " --set /max_events=3");
  INFO(ended.out);
  CHECK(ended.code == 3);
  CHECK(ended.out.find("too many events") != std::string::npos);
}
