#include "sim/experiment/advise/trial_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>

#include <fmt/format.h>

#include "sim/files/output_file.hpp"
#include "sim/kernel/digest.hpp"

namespace sim {
namespace {

std::string key_of(const Json& inputs) {
  Digest digest;
  for (const char c : inputs.dump()) digest.add(static_cast<unsigned char>(c));
  return fmt::format("{:016x}", digest.value());
}

}  // namespace

TrialLog::TrialLog(const std::optional<std::filesystem::path>& folder)
    : seal_(Json{{"trials", "of an advice"}}) {
  if (!folder) return;
  path_ = *folder / kFile;
  if (std::filesystem::exists(path_) && !std::filesystem::is_regular_file(path_))
    throw FileError(path_, "is not a regular file");
  check_writable(path_);
  read();
}

void TrialLog::read() {
  std::ifstream in(path_, std::ios::binary);
  std::string line;
  std::uint64_t number = 0;
  off_t good = 0;
  while (std::getline(in, line) && !in.eof()) {  // at the end of the file the last line is a torn one
    take(line, ++number);
    good += static_cast<off_t>(line.size()) + 1;
  }
  file_ = Descriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!file_.open() || ::ftruncate(file_.get(), good) != 0) throw_errno(path_, "can't be written");
}

void TrialLog::take(const std::string& line, std::uint64_t number) {
  const auto refuse = [&](std::string_view why) {
    throw InputError({.file = path_.string(),
                      .found = fmt::format("line {} {}", number, why),
                      .expected = "the unchanged trials of an advice, or a separate folder"});
  };
  if (const std::string_view complaint = seal_.complaint(line); !complaint.empty()) refuse(complaint);
  Json row = Json::parse(line, nullptr, false);
  if (!row.is_object() || !row.contains("trial") || !row.contains("outcome")) refuse("is not a trial");
  outcomes_[row["trial"].get<std::string>()] = std::move(row["outcome"]);
}

const Json* TrialLog::find(const Json& inputs) const {
  const auto found = outcomes_.find(key_of(inputs));
  return found == outcomes_.end() ? nullptr : &found->second;
}

void TrialLog::add(const Json& inputs, const std::string& about, Json outcome) {
  if (!kept()) return;
  std::string line = Json{{"trial", key_of(inputs)}, {"about", about}, {"outcome", std::move(outcome)}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
  seal_.close(line, 0);
  if (!write_all(file_.get(), line + '\n')) throw_errno(path_, "can't be written");
}

}  // namespace sim
