// Histories of Jepsen, Knossos, Elle and hand-written JSON are understood as their writers meant them.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "sim/history/formats/edn.hpp"
#include "sim/history/formats/edn_values.hpp"
#include "sim/history/history.hpp"
#include "sim/history/history_error.hpp"
#include "sim/history/read_history.hpp"
#include "sim/history/reading_options.hpp"
#include "sim/history/write_history.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "sim/linearizability/verdict.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shell.hpp"

namespace foreign_histories_test {

using namespace sim;
namespace fs = std::filesystem;

const fs::path kFolder = fs::path(REPSIM_SOURCE_DIR) / "tests/data/foreign";

struct Case {
  std::string file, options, expected;
};

std::vector<Case> cases() {
  std::ifstream lines(kFolder / "cases.tsv");
  std::vector<Case> all;
  for (Case one; std::getline(lines, one.file, '\t') && std::getline(lines, one.options, '\t') &&
                 std::getline(lines, one.expected);) {
    all.push_back(one);
  }
  return all;
}

History parse(const std::string& text, const ReadingOptions& options = {}) {
  std::istringstream in(text);
  return read_history(in, "a file", options);
}

std::string error_of(const std::string& text, const ReadingOptions& options = {}) {
  try {
    parse(text, options);
  } catch (const HistoryError& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("histories of other testers get the verdicts that they deserve, or a clear error") {
  CHECK(cases().size() >= 82);
  for (const auto& [file, options, expected] : cases()) {
    const std::string path = (kFolder / file).string();
    const auto ended = shell("$R check " + options + " " + path + " " + (kFolder / "empty_vec.edn").string());
    INFO(file << ' ' << options << "\n" << ended.out);
    const bool refused = expected.starts_with("error");
    const std::string wanted = refused ? expected.substr(7) : ": " + expected + " (";
    CHECK(ended.out.find(path + wanted) == 0);
    const int code = refused ? 2 : expected == "linearizable" ? 0 : expected == "violation" ? 1 : 3;
    CHECK(ended.code == code);
    CHECK(ended.out.find("empty_vec.edn: linearizable (0 operations") !=
          std::string::npos);  // whatever came before
  }
}

TEST_CASE("every history here has a case") {
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    const std::string name = entry.path().filename().string();
    if (name == "cases.tsv" || name == "README.md") continue;
    INFO(name);
    bool known = false;
    for (const Case& one : cases()) known = known || one.file == name;
    CHECK(known);
  }
}

TEST_CASE("values of any kind are written as JSON lines and as EDN, and read back as they were") {
  for (const Case& one : cases()) {
    if (one.expected.starts_with("error") || !one.options.empty()) continue;
    INFO(one.file);
    const History history = read_history_file((kFolder / one.file).string());
    std::stringstream lines;
    write_jsonl(lines, history);
    const History again = read_history(lines, "lines");
    CHECK(again.operations == history.operations);
    CHECK(again.names == history.names);
    std::stringstream edn, edn_again;
    History told;
    told.model = history.model;
    told.operations = history.operations;
    told.names = history.names;
    write_edn(edn, told);
    ReadingOptions options(HistoryFormat::edn);
    options.model = history.model;
    write_edn(edn_again, read_history(edn, "edn", options));
    CHECK(edn_again.str().substr(0, edn_again.str().find(":time")) ==
          edn.str().substr(0, edn.str().find(":time")));
    CHECK(read_history(edn_again, "edn", options).operations.size() == history.operations.size());
  }
}

std::string form(const std::string& text) { return edn_text(read_edn_value(text)); }

TEST_CASE("equal values have one form, whatever their notation, and others another") {
  CHECK(form("1e3") == "1000.0");
  CHECK(form("+5") == "5");
  CHECK(form("-0") == "0");
  CHECK(form("7N") == "7");
  CHECK(form("6/4") == "3/2");
  CHECK(form("4/2") == "2");
  CHECK(form("1.50M") == form("15e-1M"));
  CHECK_FALSE(form("1.5M") == form("1.5"));
  CHECK(form("\\u0041") == "\\A");
  CHECK(form("\\newline") == "\\newline");
  CHECK(form("[\\{ \\space \\( \\\\ \\\" \\é]") == "[\\{ \\space \\( \\\\ \\\" \\é]");
  CHECK(form("\"\\u00e9\\t\\b\\101\\ud83d\\ude00\"") == form("\"é\\u0009\\u0008A😀\""));
  CHECK(form("{:b 2, :a (1)}") == "{:a [1] :b 2}");
  CHECK(form("#{3 1 2}") == form("#{1 2 3}"));
  CHECK(form("#:a{:b 1, :_/c 2, \"d\" 3}") == form("{:a/b 1 :c 2 \"d\" 3}"));
  CHECK(form("^{:doc \"x\"} #_ignored [#inst \"2020\" ##Inf]") == "[#inst \"2020\" ##Inf]");
  CHECK(form("123456789012345678901234567890") == "123456789012345678901234567890N");
}

TEST_CASE("what EDN doesn't allow, or nothing equals, is an error and no value") {
  const std::vector<std::string> wrong{
      "{:a 1 :a 2}", "#{1 1}", "\"\\x\"",    "\"\\ud800\"", "##NaN",    "[1 ##NaN]",     "\\nosuch",
      "017",         "1/0",    "#<Foo bar>", "##nan",       "1 2",      "\"\xff\"",      ":",
      "#",           "{:a}",   "1e999",      "]",           "#\"a.*\"", "{[1] 1, (1) 2}"};
  for (const std::string& text : wrong) {
    INFO(text);
    CHECK_THROWS_AS(read_edn_value(text), std::invalid_argument);
  }
}

TEST_CASE("binary files say what they are and what to do instead") {
  CHECK_THAT(error_of("\x1f\x8b\x08..."), Catch::Contains("gunzip"));
  CHECK_THAT(error_of("JEPSEN..."), Catch::Contains("history.edn"));
  CHECK_THAT(error_of(std::string("\xff\xfe[\0", 4)), Catch::Contains("UTF-16; expected UTF-8"));
  CHECK_THAT(error_of("PK\x03\x04"), Catch::Contains("compressed"));
  CHECK_THAT(error_of("hello"), Catch::Contains("unknown format"));
}

TEST_CASE("an error names file, line, the operation's :f, what is understood, and the nearest name") {
  const std::string text =
      "{:process 0, :type :invoke, :f :write, :value 1}\n"
      "{:process 1, :type :invoke, :f :enqeue, :value 1}\n";
  CHECK_THAT(error_of(text),
             Catch::StartsWith("a file:2: :f :enqeue: not understood (did you mean :enqueue?); "
                               "expected one of :read, "));
  const std::string counter =
      "{:process 0, :type :invoke, :f :add, :value 1.5}\n"
      "{:process 0, :type :ok, :f :add, :value 1.5}\n"
      "{:process 0, :type :invoke, :f :read}\n"
      "{:process 0, :type :ok, :f :read, :value 1}\n";
  CHECK_THAT(
      error_of(counter),
      Catch::Contains("a file:1: :f :add: expected :value to be an integer of 64 bits (model counter)"));
  const auto wrong_model =
      shell("(echo '" + text.substr(0, text.find('\n')) + "' | $R check --model queue /dev/stdin) 2>&1");
  CHECK(wrong_model.code == 2);
  CHECK(wrong_model.out ==
        "repsim: /dev/stdin:1: :f :write is not an action of the model queue; expected enqueue, dequeue, "
        "size (or "
        "another --model)\n");
}

TEST_CASE("a pair [KEY VALUE] is a tuple where reads ask for [KEY nil], and a plain value where they don't") {
  const std::string write =
      "{:process 0, :type :invoke, :f :write, :value [0 3]}\n{:process 0, :type :ok, :f :write, :value [0 "
      "3]}\n";
  const History tuples = parse(write + "{:process 1, :type :invoke, :f :read, :value [0 nil]}\n");
  CHECK(tuples.model == Model::kv);
  CHECK(tuples.operations[0].argument == Value{std::int64_t{3}});
  CHECK(tuples.remarks.empty());
  const History plain = parse(write + "{:process 1, :type :invoke, :f :read, :value nil}\n");
  CHECK(plain.model == Model::cas_register);
  CHECK(plain.operations[0].argument == Value{List{0, 3}});
  CHECK(parse(write).remarks.size() == 1);  // nothing tells
  ReadingOptions no;
  no.tuples = false;
  CHECK(parse(write, no).operations[0].argument == Value{List{0, 3}});
}

TEST_CASE("a process with a name may only tell what it does: clients have numbers") {
  CHECK(parse("{:process :nemesis, :type :info, :f :kill}").operations.empty());
  CHECK_THAT(error_of("{\"process\":\"0\",\"type\":\"invoke\",\"f\":\"write\",\"value\":1}"),
             Catch::Contains("process \"0\" is said to :invoke; expected a number"));
}

TEST_CASE("a drain is as many dequeues, one after the other where nothing else happens meanwhile") {
  const std::string put = "{:process 0, :type :invoke, :f :enqueue, :value 1}\n";
  const std::string drain = "{:process 1, :type :invoke, :f :drain}\n";
  const std::string taken = "{:process 1, :type :ok, :f :drain, :value [1 2]}\n";
  const History alone = parse(put + drain + taken);
  REQUIRE(alone.operations.size() == 4);
  for (std::size_t i = 2; i < 4; ++i) CHECK(precedes(alone.operations[i - 1], alone.operations[i]));
  CHECK(alone.operations[1].output == Value{std::int64_t{1}});
  CHECK(alone.operations[3].output.is_nil());
  const History amid = parse(drain + put + taken);
  REQUIRE(amid.operations.size() == 4);
  CHECK(amid.operations[0].output == Value{std::int64_t{1}});
  for (const std::size_t i : {0U, 1U, 2U}) CHECK(amid.operations[i].ret == amid.operations[0].ret);
  CHECK(amid.remarks.size() == 2);
}

TEST_CASE("an empty list is nothing where lists grow, and a value where somebody writes one") {
  const auto verdict = [](const std::string& first) {
    const History history = parse(first +
                                  "{:process 0, :type :invoke, :f :txn, :value [[:append 1 2]]}\n"
                                  "{:process 1, :type :invoke, :f :txn, :value [[:r 7 nil]]}\n"
                                  "{:process 1, :type :ok, :f :txn, :value [[:r 7 []]]}\n");
    return linearizability_verdict(history.operations, Model::multi_register, List{});
  };
  CHECK(verdict("") == Verdict::linearizable);
  CHECK(verdict("{:process 2, :type :invoke, :f :txn, :value [[:w 8 []]]}\n") == Verdict::violation);
}

TEST_CASE("a set is its elements for a set, and a value of its own for a register") {
  const std::string read =
      "{:process 0, :type :invoke, :f :write, :value #{2 1}}\n{:process 0, :type :ok, :f :write, :value #{1 "
      "2}}\n"
      "{:process 0, :type :invoke, :f :read}\n{:process 0, :type :ok, :f :read, :value #{2 1}}\n";
  const History of_register = parse(read);
  CHECK(of_register.names.values == std::vector<std::string>{"#{1 2}"});
  CHECK(linearizability_verdict(of_register.operations, Model::cas_register, Nil{}) == Verdict::linearizable);
}

}  // namespace foreign_histories_test
