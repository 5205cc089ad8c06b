// The words of a result: where a text can only be one of a few.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sim {

/// All that can stand at a place of a result, named by JSON pointer; nothing where any text can.
std::vector<std::string> words_at(std::string_view pointer);

}  // namespace sim
