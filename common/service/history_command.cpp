#include "common/service/history_command.hpp"

#include <fmt/format.h>

#include <iostream>

#include "common/messaging/history_check.hpp"
#include "common/sql/database.hpp"

namespace stagedoor {
namespace {

Task<int> list_segments(Host& host) {
    for (const auto& service : host.services()) {
        auto& db = host.database(service);
        std::int64_t last = 0;
        for (;;) {
            auto segments =
                co_await db.read([last](sql::Tx& tx) { return outbox::segments_after(tx, last, 100); });
            if (segments.empty()) break;
            for (const auto& each : segments) {
                std::cout << fmt::format("{}  {} to {}  {} events, positions {} to {}  {}\n", each.name,
                                         each.first_time.to_text(), each.last_time.to_text(), each.events,
                                         each.first_position, each.last_position, each.digest);
            }
            last = segments.back().number;
        }
        if (last == 0) std::cout << service << " has all its events in its database\n";
    }
    std::cout << std::flush;
    co_return 0;
}

Task<int> verify_history(Host& host) {
    auto found_problem = false;
    for (const auto& service : host.services()) {
        auto result = co_await outbox::check_history(
            service, host.database(service), host.history(), [](const outbox::SegmentRow& each) {
                std::cout << fmt::format("{}  {} events  intact", each.name, each.events) << std::endl;
            });
        for (const auto& file : result.leftover)
            std::cout << file << " is not part of the history; a killed program left it behind" << std::endl;
        if (!result.problem.empty()) {
            std::cerr << service << ": " << result.problem << std::endl;
            found_problem = true;
            continue;
        }
        std::cout << fmt::format("{}: {} events in {} segments, {} in the database", service,
                                 result.events_in_segments, result.segments, result.events_in_outbox)
                  << std::endl;
    }
    if (!found_problem) std::cout << "the history is complete" << std::endl;
    co_return found_problem ? 1 : 0;
}

}  // namespace

Command history_command() {
    return {.name = "history",
            .help =
                "old events, which are in files: verify reads and checks all of them and exits with 1 if "
                "one is missing or damaged; list shows the files (one-process mode: stop the server first)",
            .arguments = {"action"},
            .run =
                [](Host& host, const std::vector<std::string>& given) {
                    return given.at(0) == "list" ? list_segments(host) : verify_history(host);
                },
            .choices = {{"action", {"verify", "list"}}}};
}

}  // namespace stagedoor
