#include "sim/report/row_seal.hpp"

#include <fmt/format.h>

#include "sim/kernel/digest.hpp"

namespace sim {
namespace {

constexpr std::string_view kKey = ",\"sum\":\"";
constexpr std::size_t kDigits = 16;
constexpr std::size_t kLength = kKey.size() + kDigits + 2;  // the closing quote and bracket

// Eight characters at a time, lowest first on every machine, and in the end how many there were.
void add(Digest& digest, std::string_view text) {
  const auto word = [&](std::size_t from, std::size_t count) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < count; ++i)
      bits |= std::uint64_t{static_cast<unsigned char>(text[from + i])} << (8 * i);
    return bits;
  };
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) digest.add(word(at, 8));
  digest.add(word(at, text.size() - at));
  digest.add(text.size());
}

}  // namespace

RowSeal::RowSeal(Json about) {
  for (const char* key : {"seeds", "first_seed", "shard"}) about.erase(key);  // a row says its own seed
  about.erase("repsim");  // another version may make the same rows
  const auto seeds = Json::json_pointer("/scenario/sweep/seeds");
  if (about.contains(seeds)) about[seeds] = nullptr;
  Digest digest;
  add(digest, "row 1");
  add(digest, about.dump());
  salt_ = digest.value();
}

std::uint64_t RowSeal::sum(std::string_view row) const {
  Digest digest;
  digest.add(salt_);
  add(digest, row);
  return digest.value();
}

void RowSeal::close(std::string& text, std::size_t begin) const {
  text.pop_back();
  const std::uint64_t value = sum(std::string_view(text).substr(begin));
  fmt::format_to(std::back_inserter(text), "{}{:016x}\"}}", kKey, value);
}

std::string_view RowSeal::complaint(std::string_view row) const {
  const bool has_place = row.size() > kLength && row.ends_with("\"}");
  if (!has_place || row.substr(row.size() - kLength, kKey.size()) != kKey)
    return "has no checksum: it is damaged or from an older version of the program";
  const std::string_view written = row.substr(row.size() - kDigits - 2, kDigits);
  if (written == fmt::format("{:016x}", sum(row.substr(0, row.size() - kLength)))) return {};
  return "has a wrong checksum: it was changed or belongs to another sweep";
}

}  // namespace sim
