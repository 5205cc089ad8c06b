#include "sim/report/result_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "sim/report/result_words.hpp"
#include "sim/report/row_reader.hpp"

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

// Writes the same text as dumping the tree would.
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

// Notes the possible contents.
class PlaceWriter {
 public:
  template <class T> void value(const char* key, const T&) { put<T>(key, kind_of<T>); }
  template <class T> void value(const char* key, const std::optional<T>&) {
    put<T>(key, kind_of<T>);
    places.back().may_be_null = true;
  }
  template <class T> void list(const char* key, const std::vector<T>&) {
    put<T>(key, Kind::list);
    places.back().element = kind_of<T>;
  }
  void begin(const char* key) { groups_.push_back(std::string("/") + key); }
  void end() { groups_.pop_back(); }
  std::vector<ResultPlace> places{};

 private:
  using Kind = ResultPlace::Kind;
  template <class T>
  static constexpr Kind kind_of = std::is_same_v<T, bool>   ? Kind::truth
                                  : std::is_arithmetic_v<T> ? Kind::number
                                                            : Kind::text;
  template <class T> void put(const char* key, Kind kind) {
    std::string pointer;
    for (const auto& group : groups_) pointer += group;
    places.push_back({.pointer = pointer + "/" + key, .kind = kind});
    if constexpr (std::is_integral_v<T>) {
      places.back().most = static_cast<double>(std::numeric_limits<T>::max());
      places.back().whole = !std::is_same_v<T, bool>;
    }
  }
  std::vector<std::string> groups_{};
};

// ---- values that look different in a row than in memory: for writers, and for the reader

template <class Writer> void visit_verdict(Writer& out, const Verdict& verdict) {
  out.value("verdict", verdict_name(verdict));
}
void visit_verdict(RowReader& in, Verdict& verdict) {
  std::string name;
  in.value("verdict", name);
  for (const Verdict v : {Verdict::linearizable, Verdict::violation, Verdict::unknown}) {
    if (name == verdict_name(v)) return void(verdict = v);
  }
  throw NoRow();
}

template <class Writer> void visit_verdict(Writer& out, const ProgressJudgement::Verdict& verdict) {
  out.value("verdict", name_of(verdict));
}
void visit_verdict(RowReader& in, ProgressJudgement::Verdict& verdict) {
  std::string name;
  in.value("verdict", name);
  using enum ProgressJudgement::Verdict;
  for (const auto v : {held, stopped, unknown}) {
    if (name == name_of(v)) return void(verdict = v);
  }
  throw NoRow();
}

template <class Writer> void visit_story(Writer& out, const std::string& story) {
  out.value("story", story.empty() ? std::nullopt : std::optional(story));
}
void visit_story(RowReader& in, std::string& story) {
  std::optional<std::string> read;
  in.value("story", read);
  story = std::move(read).value_or("");
}

template <class Writer> void visit_digest(Writer& out, const std::uint64_t& digest) {
  out.value("digest", fmt::format("{:016x}", digest));
}
void visit_digest(RowReader& in, std::uint64_t& digest) {
  std::string hex;
  in.value("digest", hex);
  const char* end = hex.data() + hex.size();
  if (hex.size() != 16 || std::from_chars(hex.data(), end, digest, 16).ptr != end) throw NoRow();
}

template <class Writer> void visit_expectations(Writer& out, const std::vector<ExpectationResult>& all) {
  std::vector<Json> rows;
  for (const auto& e : all)
    rows.push_back({{"path", e.path}, {"expected", e.expected}, {"actual", e.actual}, {"held", e.held}});
  out.list("expectations", rows);
}
void visit_expectations(PlaceWriter&, const std::vector<ExpectationResult>&) {}  // none of themselves
void visit_expectations(RowReader& in, std::vector<ExpectationResult>& all) {
  std::vector<Json> rows;
  in.list("expectations", rows);
  for (const Json& e : rows) {
    all.push_back(
        {e.at("path").get<std::string>(), e.at("expected"), e.at("actual"), e.at("held").get<bool>()});
  }
}

template <class Writer> void visit_error(Writer& out, const std::string& error) {
  if (!error.empty()) out.value("error", error);
}
void visit_error(PlaceWriter& out, const std::string& error) { out.value("error", std::optional(error)); }
void visit_error(RowReader& in, std::string& error) {
  if (in.has("error")) in.value("error", error);
}

// ---- the keys of a result and their order, for writers and for the reader

template <class Visitor, class Result> void visit_counts(Visitor& out, Result& r) {
  out.begin("messages");
  out.value("sent", r.messages.sent);
  out.value("delivered", r.messages.delivered);
  out.value("lost", r.messages.lost);
  out.value("duplicated", r.messages.duplicated);
  out.value("in_flight", r.messages.in_flight);
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

template <class Visitor, class Result> void visit_safety(Visitor& out, Result& r) {
  auto& lin = r.linearizability;
  out.begin("linearizability");
  visit_verdict(out, lin.verdict);
  visit_story(out, lin.story);
  out.list("witness", lin.witness);
  out.end();
  out.begin("divergence");
  out.value("diverged", r.divergence.diverged);
  out.value("seconds", r.divergence.seconds);
  out.value("first_index", r.divergence.first_index);
  out.value("cause", r.divergence.cause);
  out.value("compared", r.divergence.compared);
  out.end();
  out.begin("split_brain");
  out.value("episodes", r.split_brain.episodes);
  out.value("seconds", r.split_brain.seconds);
  out.value("harmful", r.split_brain.harmful);
  out.end();
  out.begin("lost_writes");
  out.value("count", r.lost_writes.count);
  out.list("operations", r.lost_writes.operations);
  out.value("held", r.lost_writes.held);
  out.value("unknown", r.lost_writes.unknown);
  out.end();
  auto& consensus = r.consensus;
  out.begin("consensus");
  out.value("slots", consensus.slots);
  out.value("agreement", consensus.agreement);
  out.value("validity", consensus.validity);
  out.value("election_safety", consensus.election_safety);
  out.value("leader_completeness", consensus.leader_completeness);
  out.value("termination", consensus.termination);
  out.value("first_slot", consensus.first_slot);
  out.value("undecided", consensus.undecided);
  out.value("running", consensus.running);
  out.value("highest_slot", consensus.highest_slot);
  visit_story(out, consensus.story);
  out.end();
  out.begin("answers");
  out.value("contested", r.answers.contested);
  out.value("undecided", r.answers.undecided);
  out.value("deceived", r.answers.deceived);
  out.end();
}

template <class Visitor, class Result> void visit_service(Visitor& out, Result& r) {
  out.begin("availability");
  out.value("fraction", r.availability.fraction);
  out.value("outages", r.availability.outages);
  out.value("longest_outage_s", r.availability.longest_outage_s);
  out.value("outage_after_s", r.availability.outage_after_s);
  out.list("called", r.availability.called);
  out.list("answered", r.availability.answered);
  out.end();
  out.begin("progress");
  visit_verdict(out, r.progress.verdict);
  out.value("within_s", r.progress.within_s);
  out.value("since_s", r.progress.since_s);
  out.value("longest_wait_s", r.progress.longest_wait_s);
  visit_story(out, r.progress.story);
  out.end();
  out.begin("bofo");
  out.value("k", r.bofo.k);
  out.value("delta_s", r.bofo.delta_s);
  out.end();
  out.begin("failover");
  out.value("count", r.failover.count);
  out.value("mean_s", r.failover.mean_s);
  out.value("max_s", r.failover.max_s);
  out.value("vain_terms", r.failover.vain_terms);
  out.value("unfinished", r.failover.unfinished);
  out.value("stable_mean_s", r.failover.stable_mean_s);
  out.end();
  out.begin("primary");
  out.value("without_s", r.primary.without_s);
  out.value("longest_without_s", r.primary.longest_without_s);
  out.value("longest_vacancy_s", r.primary.longest_vacancy_s);
  out.value("blocking_ms", r.primary.blocking_ms);
  out.value("changes", r.primary.changes);
  out.value("needless", r.primary.needless);
  out.end();
  out.begin("orders");
  out.value("given", r.orders.given);
  out.value("carried_out", r.orders.carried_out);
  out.value("without_effect", r.orders.without_effect);
  out.list("notes", r.orders.notes);
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

// The keys after the point.
template <class Visitor, class Result> void visit_rest(Visitor& out, Result& r) {
  out.value("protocol", r.protocol);
  out.value("seed", r.seed);
  visit_digest(out, r.digest);
  out.value("virtual_seconds", r.virtual_seconds);
  out.value("events", r.events);
  visit_counts(out, r);
  visit_safety(out, r);
  visit_service(out, r);
  visit_expectations(out, r.expectations);
  visit_error(out, r.error);
}

}  // namespace

Json to_json(const RunResult& result, const Json* point) {
  TreeWriter out;
  out.value("scenario", result.scenario);
  if (point != nullptr) out.value("point", *point);
  visit_rest(out, result);
  return std::move(out.root);
}

void append_row(std::string& out, const RunResult& result, std::string_view point_text) {
  TextWriter writer(out);
  writer.value("scenario", result.scenario);
  if (!point_text.empty()) writer.text("point", point_text);
  visit_rest(writer, result);
  writer.end();
}

RunResult result_from_row(std::string_view row) {
  RunResult result;
  RowReader reader(row);
  reader.value("scenario", result.scenario);
  if (reader.has("point")) reader.any("point");
  visit_rest(reader, result);
  if (reader.has("sum")) reader.any("sum");  // RowSeal's
  reader.finish();
  return result;
}

std::vector<ResultPlace> result_places() {
  PlaceWriter out;
  out.value("scenario", std::string());
  const RunResult nothing;
  visit_rest(out, nothing);
  for (ResultPlace& place : out.places) {
    place.choices = words_at(place.pointer);
    if (place.pointer == "/availability/fraction") place.most = 1;
    if (place.pointer == "/availability/called" || place.pointer == "/availability/answered")
      place.elements = kParts;
  }
  return std::move(out.places);
}

}  // namespace sim
