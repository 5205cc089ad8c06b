#include "sim/report/history_of.hpp"

#include <utility>

namespace sim {

History history_of(const Scenario& scenario, const RunResult& result, std::vector<HistoryFault> faults) {
  History history;
  history.scenario = scenario.name;
  history.protocol = scenario.protocol;
  history.seed = result.seed;
  history.clients = scenario.setup.clients.options.count;
  history.model = scenario.setup.model;
  history.faults = std::move(faults);
  history.operations = result.record.operations;
  return history;
}

}  // namespace sim
