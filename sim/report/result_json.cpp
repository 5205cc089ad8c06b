#include "sim/report/result_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace sim {
namespace {

// Builds a tree.
class TreeWriter {
 public:
  template <class T> void value(const char* key, const T& v) { (*levels_.back())[key] = v; }
  template <class T> void value(const char* key, const std::optional<T>& v) {
    (*levels_.back())[key] = v ? Json(*v) : Json(nullptr);
  }
  template <class T> void list(const char* key, const std::vector<T>& items) {
    Json& array = (*levels_.back())[key] = Json::array();
    for (const T& item : items) array.push_back(item);
  }
  void begin(const char* key) {
    Json& child = (*levels_.back())[key] = Json::object();
    levels_.push_back(&child);
  }
  void end() { levels_.pop_back(); }
  Json root = Json::object();

 private:
  std::vector<Json*> levels_{&root};
};

// Writes the text that dumping the tree would give.
class TextWriter {
 public:
  explicit TextWriter(std::string& out) : out_(out) { out_ += '{'; }
  template <class T> void value(const char* key, const T& v) {
    name(key);
    put(v);
  }
  template <class T> void value(const char* key, const std::optional<T>& v) {
    name(key);
    v ? put(*v) : raw("null");
  }
  template <class T> void list(const char* key, const std::vector<T>& items) {
    name(key);
    out_ += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ',';
      put(items[i]);
    }
    out_ += ']';
  }
  void text(const char* key, std::string_view json) {
    name(key);
    raw(json);
  }
  void begin(const char* key) {
    name(key);
    out_ += '{';
  }
  void end() { out_ += '}'; }

 private:
  void raw(std::string_view text) { out_ += text; }
  void name(std::string_view key) {
    std::array<char, 32> buffer;  // keys are short, and one append is faster than three
    char* end = buffer.data();
    if (out_.back() != '{') *end++ = ',';
    *end++ = '"';
    end = std::ranges::copy(key, end).out;
    *end++ = '"';
    *end++ = ':';
    out_.append(buffer.data(), end);
  }
  void put(bool v) { raw(v ? "true" : "false"); }
  template <class T>
  requires std::is_unsigned_v<T>
  void put(T v) {
    const fmt::format_int digits(v);
    out_.append(digits.data(), digits.size());
  }
  void put(double v) {  // the same function as dump(): another shortest form would be other bytes
    if (!std::isfinite(v)) return raw("null");
    std::array<char, 64> buffer;
    const char* end = nlohmann::detail::to_chars(buffer.data(), buffer.data() + buffer.size(), v);
    out_.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  }
  void put(std::string_view v) {
    const bool plain =
        std::ranges::all_of(v, [](char c) { return c >= ' ' && c < 127 && c != '"' && c != '\\'; });
    if (!plain) return raw(Json(v).dump());
    out_ += '"';
    out_ += v;
    out_ += '"';
  }
  void put(const std::string& v) { put(std::string_view(v)); }
  void put(const Json& v) { raw(v.dump()); }

  std::string& out_;
};

Json expectation_json(const ExpectationResult& e) {
  return {{"path", e.path}, {"expected", e.expected}, {"actual", e.actual}, {"held", e.held}};
}

template <class Writer> void write_counts(Writer& out, const RunResult& r) {
  out.begin("messages");
  out.value("sent", r.messages.sent);
  out.value("delivered", r.messages.delivered);
  out.value("lost", r.messages.lost);
  out.value("duplicated", r.messages.duplicated);
  out.end();
  out.begin("operations");
  out.value("invoked", r.operations.invoked);
  out.value("ok", r.operations.ok);
  out.value("failed", r.operations.failed);
  out.value("pending", r.operations.pending);
  out.end();
  out.begin("latency_ms");
  out.value("p50", r.latency_ms.p50);
  out.value("p99", r.latency_ms.p99);
  out.value("max", r.latency_ms.max);
  out.end();
}

template <class Writer> void write_safety(Writer& out, const RunResult& r) {
  const auto& lin = r.linearizability;
  out.begin("linearizability");
  out.value("verdict", verdict_name(lin.verdict));
  out.value("story", lin.story.empty() ? std::nullopt : std::optional(lin.story));
  out.list("witness", lin.witness);
  out.end();
  out.begin("divergence");
  out.value("diverged", r.divergence.diverged);
  out.value("seconds", r.divergence.seconds);
  out.value("first_index", r.divergence.first_index);
  out.value("cause", r.divergence.cause);
  out.end();
  out.begin("split_brain");
  out.value("episodes", r.split_brain.episodes);
  out.value("seconds", r.split_brain.seconds);
  out.value("harmful", r.split_brain.harmful);
  out.end();
  out.begin("lost_writes");
  out.value("count", r.lost_writes.count);
  out.list("operations", r.lost_writes.operations);
  out.end();
  const auto& consensus = r.consensus;
  out.begin("consensus");
  out.value("slots", consensus.slots);
  out.value("agreement", consensus.agreement);
  out.value("validity", consensus.validity);
  out.value("election_safety", consensus.election_safety);
  out.value("leader_completeness", consensus.leader_completeness);
  out.value("termination", consensus.termination);
  out.value("first_slot", consensus.first_slot);
  out.value("story", consensus.story.empty() ? std::nullopt : std::optional(consensus.story));
  out.end();
  out.begin("answers");
  out.value("contested", r.answers.contested);
  out.value("undecided", r.answers.undecided);
  out.value("deceived", r.answers.deceived);
  out.end();
}

template <class Writer> void write_service(Writer& out, const RunResult& r) {
  out.begin("availability");
  out.value("fraction", r.availability.fraction);
  out.value("outages", r.availability.outages);
  out.value("longest_outage_s", r.availability.longest_outage_s);
  out.list("called", r.availability.called);
  out.list("answered", r.availability.answered);
  out.end();
  out.begin("failover");
  out.value("count", r.failover.count);
  out.value("mean_s", r.failover.mean_s);
  out.value("max_s", r.failover.max_s);
  out.value("vain_terms", r.failover.vain_terms);
  out.end();
  out.begin("detector");
  out.value("false_suspicions", r.detector.false_suspicions);
  out.value("mistake_seconds", r.detector.mistake_seconds);
  out.value("detections", r.detector.detections);
  out.value("mean_detection_s", r.detector.mean_detection_s);
  out.end();
  out.begin("cost");
  out.value("messages_per_operation", r.cost.messages_per_operation);
  out.value("delays_per_operation", r.cost.delays_per_operation);
  out.end();
}

// What follows the point.
template <class Writer> void write_rest(Writer& out, const RunResult& r) {
  out.value("protocol", r.protocol);
  out.value("seed", r.seed);
  out.value("digest", fmt::format("{:016x}", r.digest));
  out.value("virtual_seconds", r.virtual_seconds);
  out.value("events", r.events);
  write_counts(out, r);
  write_safety(out, r);
  write_service(out, r);
  std::vector<Json> expectations;
  for (const auto& e : r.expectations) expectations.push_back(expectation_json(e));
  out.list("expectations", expectations);
  if (!r.error.empty()) out.value("error", r.error);
}

template <class T> void read(const Json& from, const char* key, std::optional<T>& value) {
  const Json& json = from.at(key);
  value = json.is_null() ? std::nullopt : std::optional(json.get<T>());
}
template <class T> void read(const Json& from, const char* key, T& value) { from.at(key).get_to(value); }

Verdict verdict_named(const std::string& name) {
  for (const Verdict v : {Verdict::linearizable, Verdict::violation}) {
    if (name == verdict_name(v)) return v;
  }
  return Verdict::unknown;
}

void read_safety(const Json& row, RunResult& r) {
  r.linearizability.verdict = verdict_named(row.at("linearizability").at("verdict").get<std::string>());
  const Json& divergence = row.at("divergence");
  read(divergence, "diverged", r.divergence.diverged);
  read(divergence, "seconds", r.divergence.seconds);
  read(divergence, "first_index", r.divergence.first_index);
  read(divergence, "cause", r.divergence.cause);
  const Json& split = row.at("split_brain");
  read(split, "episodes", r.split_brain.episodes);
  read(split, "seconds", r.split_brain.seconds);
  read(split, "harmful", r.split_brain.harmful);
  read(row.at("lost_writes"), "count", r.lost_writes.count);
  read(row.at("lost_writes"), "operations", r.lost_writes.operations);
  const Json& consensus = row.at("consensus");
  read(consensus, "slots", r.consensus.slots);
  read(consensus, "agreement", r.consensus.agreement);
  read(consensus, "validity", r.consensus.validity);
  read(consensus, "election_safety", r.consensus.election_safety);
  read(consensus, "leader_completeness", r.consensus.leader_completeness);
  read(consensus, "termination", r.consensus.termination);
  read(consensus, "first_slot", r.consensus.first_slot);
  if (!consensus.at("story").is_null()) read(consensus, "story", r.consensus.story);
  read(row.at("answers"), "contested", r.answers.contested);
  read(row.at("answers"), "undecided", r.answers.undecided);
  read(row.at("answers"), "deceived", r.answers.deceived);
}

void read_service(const Json& row, RunResult& r) {
  const Json& availability = row.at("availability");
  read(availability, "fraction", r.availability.fraction);
  read(availability, "outages", r.availability.outages);
  read(availability, "longest_outage_s", r.availability.longest_outage_s);
  read(availability, "called", r.availability.called);
  read(availability, "answered", r.availability.answered);
  const Json& failover = row.at("failover");
  read(failover, "count", r.failover.count);
  read(failover, "mean_s", r.failover.mean_s);
  read(failover, "max_s", r.failover.max_s);
  read(failover, "vain_terms", r.failover.vain_terms);
  const Json& detector = row.at("detector");
  read(detector, "false_suspicions", r.detector.false_suspicions);
  read(detector, "mistake_seconds", r.detector.mistake_seconds);
  read(detector, "detections", r.detector.detections);
  read(detector, "mean_detection_s", r.detector.mean_detection_s);
  read(row.at("cost"), "messages_per_operation", r.cost.messages_per_operation);
  read(row.at("cost"), "delays_per_operation", r.cost.delays_per_operation);
}

}  // namespace

Json to_json(const RunResult& result, const Json* point) {
  TreeWriter out;
  out.value("scenario", result.scenario);
  if (point != nullptr) out.value("point", *point);
  write_rest(out, result);
  return std::move(out.root);
}

void append_row(std::string& out, const RunResult& result, std::string_view point_text) {
  TextWriter writer(out);
  writer.value("scenario", result.scenario);
  if (!point_text.empty()) writer.text("point", point_text);
  write_rest(writer, result);
  writer.end();
}

RunResult result_from_json(const Json& row) {
  RunResult r;
  read(row, "scenario", r.scenario);
  read(row, "protocol", r.protocol);
  read(row, "seed", r.seed);
  r.digest = std::stoull(row.at("digest").get<std::string>(), nullptr, 16);
  read(row, "virtual_seconds", r.virtual_seconds);
  read(row, "events", r.events);
  const Json& messages = row.at("messages");
  read(messages, "sent", r.messages.sent);
  read(messages, "delivered", r.messages.delivered);
  read(messages, "lost", r.messages.lost);
  read(messages, "duplicated", r.messages.duplicated);
  const Json& operations = row.at("operations");
  read(operations, "invoked", r.operations.invoked);
  read(operations, "ok", r.operations.ok);
  read(operations, "failed", r.operations.failed);
  read(operations, "pending", r.operations.pending);
  const Json& latency = row.at("latency_ms");
  read(latency, "p50", r.latency_ms.p50);
  read(latency, "p99", r.latency_ms.p99);
  read(latency, "max", r.latency_ms.max);
  read_safety(row, r);
  read_service(row, r);
  for (const Json& e : row.at("expectations")) {
    r.expectations.push_back(
        {e.at("path").get<std::string>(), e.at("expected"), e.at("actual"), e.at("held").get<bool>()});
  }
  if (row.contains("error")) read(row, "error", r.error);
  return r;
}

bool meets(const Json& actual, const Json& expected) {
  if (actual == expected) return true;
  if (expected.is_array()) {
    return std::ranges::any_of(expected, [&](const Json& one) { return meets(actual, one); });
  }
  const bool range = expected.is_object() && (expected.contains("min") || expected.contains("max"));
  if (!range || !actual.is_number()) return false;
  const double value = actual.get<double>();
  return (!expected.contains("min") || value >= expected.at("min").get<double>()) &&
         (!expected.contains("max") || value <= expected.at("max").get<double>());
}

ExpectationResult hold_against(const Json& result, const std::string& path, const Json& expected) {
  const Json::json_pointer pointer(path);
  ExpectationResult e{.path = path, .expected = expected, .actual = nullptr};
  if (result.contains(pointer)) e.actual = result.at(pointer);
  e.held = meets(e.actual, expected);
  return e;
}

}  // namespace sim
