#include "sim/linearizability/verdict.hpp"

namespace sim {

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::linearizable: return "linearizable";
    case Verdict::violation: return "violation";
    case Verdict::unknown: break;
  }
  return "unknown";
}

}  // namespace sim
