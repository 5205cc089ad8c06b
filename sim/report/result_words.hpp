// The words of a result: texts that can only be one of a few.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sim {

/// All texts possible at a place of a result, named by JSON pointer; nothing if any text can stand there.
std::vector<std::string> words_at(std::string_view pointer);

}  // namespace sim
