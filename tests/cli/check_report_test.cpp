// `repsim check` explains violations in words and as JSON, and judges sequential consistency on request.
#include <nlohmann/json.hpp>
#include <string>

#include <fmt/format.h>

#include "tests/support/catch.hpp"
#include "tests/support/shell.hpp"

namespace check_report_test {

// Lets `make` leave a history in the file $F, and checks it.
Ended check_made(const std::string& make, const std::string& options) {
  return shell(fmt::format("F=$(mktemp); {} && $R check {} $F; C=$?; rm -f $F; exit $C", make, options));
}

Ended check(const std::string& plan, const std::string& options) {
  return check_made("$R generate " + plan + " --out $F", options);
}

const std::string kStale = "--operations 60 --clients 3 --bug stale-read --bug-from 0.8 --seed 4";

TEST_CASE("check tells the contradiction, its prefix and the kind of fault in one line") {
  const Ended ended = check(kStale, "");
  INFO(ended.out);
  CHECK(ended.code == 1);
  CHECK(
      ended.out.find("returned 9, though the read by client 0 had returned 22 at 17.5 ms and nothing wrote 9 "
                     "again (the first 53 operations, until 18.3 ms; stale reads would explain it)\n") !=
      std::string::npos);
}

TEST_CASE("check --json has the operations of the contradiction, and on request an order of the others") {
  const Ended ended = check(kStale, "--json --order");
  const auto json = nlohmann::json::parse(ended.out);
  CHECK(json["classification"] == "stale-reads");
  CHECK(json["prefix"]["operations"] == 53);
  CHECK(json["prefix"]["shortest"] == true);
  CHECK(json["witness"].size() == 2);
  CHECK(json["witness_operations"][1]["output"] == 9);
  CHECK(json["witness_operations"][1]["return"] == json["prefix"]["until"]);
  CHECK(json["linearization"].size() >= 50);
  CHECK(nlohmann::json::parse(check(kStale, "--json").out).contains("linearization") == false);
}

TEST_CASE("check hands out the whole order of a linearizable history") {
  const Ended ended = check("--operations 60 --clients 3", "--json --order");
  CHECK(ended.code == 0);
  CHECK(nlohmann::json::parse(ended.out)["linearization"].size() == 60);
}

// A stack with few values: its contradictions are long, and take long to make smaller.
const std::string kHardToExplain =
    "--model stack --operations 400 --clients 6 --values 3 --bug lost-update --bug-from 0.5 --seed 3";

TEST_CASE("an explanation spends what the verdict left of the steps, and says when that was too little") {
  const auto freely = nlohmann::json::parse(check(kHardToExplain, "--json").out);
  REQUIRE(freely["verdict"] == "violation");
  CHECK(freely["steps"] > 30'000'000);
  const Ended ended = check(kHardToExplain, "--json --steps 20000000");
  const auto json = nlohmann::json::parse(ended.out);
  CHECK(ended.code == 1);
  CHECK(json["verdict"] == "violation");
  CHECK(json["steps"] < 22'000'000);
  CHECK(json["witness_is_minimal"] == false);
  CHECK(check(kHardToExplain, "--steps 20000000").out.find("a smaller contradiction may exist") !=
        std::string::npos);
}

TEST_CASE("check --save writes any history as JSON lines, with the lines of its file as times") {
  const Ended ended = shell(
      "F=$(mktemp); echo '{:process 0, :type :invoke, :f :write, :value 3}' > $F; "
      "echo '{:process 0, :type :ok, :f :write, :value 3}' >> $F; "
      "$R check --model register --save $F.jsonl $F > /dev/null; cat $F.jsonl; rm -f $F $F.jsonl");
  CHECK(ended.out.find(R"("times":"lines")") != std::string::npos);
  CHECK(ended.out.find(R"("value":3,"call":1,"return":2,"outcome":"ok")") != std::string::npos);
}

TEST_CASE("check --consistency sequential asks for less") {
  const std::string stale = R"(echo '{"repsim":"history","version":1,"model":"register"}
{"client":1,"f":"write","key":0,"value":1,"call":0,"return":1,"outcome":"ok"}
{"client":1,"f":"write","key":0,"value":2,"call":2,"return":3,"outcome":"ok"}
{"client":2,"f":"read","key":0,"output":1,"call":4,"return":5,"outcome":"ok"}' > $F)";
  CHECK(check_made(stale, "").code == 1);
  const Ended sequential = check_made(stale, "--consistency sequential");
  INFO(sequential.out);
  CHECK(sequential.code == 0);
  CHECK(sequential.out.find("sequentially consistent (3 operations, register)") != std::string::npos);
}

}  // namespace check_report_test
