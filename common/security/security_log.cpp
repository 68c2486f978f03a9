#include "common/security/security_log.hpp"

#include <algorithm>

namespace stagedoor::security {

std::string name_of(SecurityEvent event) {
    std::string name = boost::describe::enum_to_string(event, "");
    std::ranges::replace(name, '_', '-');
    return name;
}

SecurityLog::SecurityLog(runtime::Metrics& metrics) {
    for (std::size_t i = 0; i < count; ++i) {
        counters_[i] =
            metrics.counter("stagedoor_security_events_total", "Lines of the security log, by event",
                            {{"event", name_of(static_cast<SecurityEvent>(i))}});
    }
}

void SecurityLog::write(SecurityEvent event, std::span<const log::Field> fields) const {
    counters_.at(static_cast<std::size_t>(event)).add();
    std::vector<log::Field> given;
    for (const auto& field : fields) {
        if (!field.value.empty()) given.push_back(field);
    }
    log::write(log::Level::security, name_of(event), given);
}

}  // namespace stagedoor::security
