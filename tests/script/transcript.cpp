#include "tests/script/transcript.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sim/workload/text.hpp"

namespace script {

std::string text_of(Role role, std::uint64_t term) {
  constexpr std::array<const char*, 4> names{"", "backup", "candidate", "primary"};
  const std::string name = names[static_cast<std::size_t>(role)];
  return term == 0 ? name : name + " in term " + std::to_string(term);
}

void Transcript::heading(std::string text) {
  write_send();
  heading_ = std::move(text);
  if (!brief_) text_ += "  " + std::exchange(heading_, {}) + '\n';
}

void Transcript::line(const std::string& text) {
  write_send();
  if (!heading_.empty()) text_ += "  " + std::exchange(heading_, {}) + '\n';
  text_ += "    " + text + '\n';
}

void Transcript::write_send() {
  const Send send = std::exchange(send_, {});
  const auto list = [](const std::vector<std::string>& ends) {
    std::string text;
    for (const auto& end : ends) text += (text.empty() ? "" : ",") + end;
    return text;
  };
  if (!send.to.empty()) line(send.from + " -> " + list(send.to) + "  " + send.what);
  if (!send.lost.empty()) line(send.from + " -/> " + list(send.lost) + "  " + send.what);
}

std::string Transcript::take() {
  write_send();
  heading_.clear();
  return std::exchange(text_, {});
}

std::string Transcript::summary(NodeId node) const {
  const auto& [role, slot, value] = seen_[node.value];
  const std::string decided = slot == 0   ? ""
                              : slot == 1 ? "  decided " + value
                                          : "  decided up to slot " + std::to_string(slot);
  return role + (role.empty() ? "" : "  ") + service_of(node) + decided;
}

void Transcript::forget(NodeId node) { seen_[node.value] = {}; }

std::string Transcript::name_of(Endpoint end) const {
  if (end.index < replicas_) return std::to_string(end.index);
  return 'c' + std::to_string(end.index - replicas_);
}

std::string Transcript::name_of_value(std::uint64_t value) const {
  if (value == 0) return "nothing";
  const auto asked = world_ == nullptr ? std::vector<std::uint64_t>{} : world_->record().asked;
  const bool request = std::ranges::find(asked, value) != asked.end();
  return request ? sim::text_of(request_of(value)) : std::to_string(value);
}

std::string Transcript::service_of(NodeId node) const { return sim::text_of(world_->snapshot(node).state); }

void Transcript::sent(Time, const Message& m) {
  if (brief_ && m.event->background) return;
  const std::string from = name_of(m.from), content = m.content();
  const std::string what = std::string(m.type) + (content.empty() ? "" : ' ' + content);
  if (send_.from != from || send_.what != what) {
    write_send();
    send_ = {from, what};
  }
  send_.to.push_back(name_of(m.to));
}

void Transcript::lost(Time, const Message& m, std::string_view why) {
  if (why == "dropped") return;  // the script says so
  if (brief_ && m.event->background) return;
  const std::string from = name_of(m.from), to = name_of(m.to);
  const bool just_sent =
      send_.from == from && send_.what.starts_with(m.type) && !send_.to.empty() && send_.to.back() == to;
  if (!just_sent)
    return line(std::string(m.type) + ' ' + from + "->" + to + " is lost (" + std::string(why) + ')');
  send_.to.pop_back();
  send_.lost.push_back(to);
}

void Transcript::became(Time, NodeId node, Role role, std::uint64_t term) {
  seen_[node.value].role =
      text_of(role, role == Role::primary ? term : 0);  // of others only the first is told
  if (role != Role::none) line(std::to_string(node.value) + " becomes " + text_of(role, term));
}

void Transcript::decided(Time, NodeId node, std::uint64_t slot, std::uint64_t value) {
  if (slot >= seen_[node.value].slot)
    seen_[node.value].slot = slot, seen_[node.value].value = name_of_value(value);
  line(std::to_string(node.value) + " decides slot " + std::to_string(slot) + ": " + name_of_value(value));
}

void Transcript::suspects(Time, NodeId by, NodeId of, bool suspected) {
  line(std::to_string(by.value) + (suspected ? " suspects " : " trusts ") + std::to_string(of.value));
}

void Transcript::applied(Time, NodeId node, RequestId request, std::uint64_t) {
  line(std::to_string(node.value) + " applies " + sim::text_of(request) + ": " + service_of(node));
}

void Transcript::installed(Time, NodeId node, std::uint64_t) {
  line(std::to_string(node.value) + " installs " + service_of(node));
}

void Transcript::returned(Time, std::uint32_t index, const Operation& o) {
  const auto& all = world_->record().operation_of[o.client.value];
  const auto number = static_cast<std::uint32_t>(std::ranges::find(all, index) - all.begin());
  const auto number_in = [](const Value& v) {
    const auto* n = v.as_number();
    return n != nullptr ? *n : 0;
  };
  const Command command{.action = o.action,
                        .expects_nil = o.expected.is_nil(),
                        .key = o.key,
                        .argument = number_in(o.argument),
                        .expected = number_in(o.expected)};
  const std::string what = sim::text_of(RequestId{o.client, number}) + ' ' + sim::text_of(command);
  if (o.outcome != Outcome::ok) return line("given up: " + what);
  const bool silent = o.action == Action::write || o.action == Action::append;
  line("done: " + what + (silent ? "" : " is " + sim::text_of(o.output)));
}

}  // namespace script
