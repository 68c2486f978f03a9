#include "services/tickets/commands.hpp"

#include <iostream>

#include "services/tickets/import/importer.hpp"

namespace stagedoor::tickets {
namespace {

Format required_format(const std::string& given, const std::string& path) {
    if (given == "csv") return Format::csv;
    if (given == "jsonl") return Format::json_lines;
    if (auto format = format_of(path)) return *format;
    throw InputError(
        "the name of the file ends in none of .csv, .jsonl and .ndjson; add --format csv or --format jsonl");
}

Task<std::optional<UserId>> seller_of(Host& host, const FindSeller& find_seller, const std::string& given) {
    if (find_seller) co_return co_await find_seller(host, given);
    if (!runtime::uuid_time(given))
        throw InputError("SELLER must be the id of a user, which \"stagedoor-auth user EMAIL\" prints");
    co_return UserId{given};
}

Task<int> run_import(Host& host, const FindSeller& find_seller, const std::vector<std::string>& given) {
    ImportRequest request{.path = given.at(1),
                          .format = required_format(given.at(2), given.at(1)),
                          .report = given.at(3),
                          .again = !given.at(4).empty(),
                          .check_only = !given.at(5).empty()};
    auto seller = co_await seller_of(host, find_seller, given.at(0));
    if (!seller) {
        std::cerr << "no user has the id or email " << given.at(0) << std::endl;
        co_return 1;
    }
    request.seller = std::move(*seller);
    co_return static_cast<int>(co_await import_listings(host, std::move(request)));
}

}  // namespace

Command import_command(FindSeller find_seller) {
    return {.name = "import",
            .help =
                "list the tickets in a CSV or JSON Lines file for a seller; exits with 3 if lines were "
                "rejected (one-process mode: stop the server first)",
            .arguments = {"seller", "file"},
            .run =
                [find_seller = std::move(find_seller)](Host& host, const std::vector<std::string>& given) {
                    return run_import(host, find_seller, given);
                },
            .options = {{.flag = "--format",
                         .help = "of the file, if its name does not say it",
                         .choices = {"csv", "jsonl"}},
                        {.flag = "--report", .help = "file for the rejected lines, as JSON Lines"},
                        {.flag = "--again",
                         .help = "import the file even if it, or another of its name, was imported before",
                         .takes_value = false},
                        {.flag = "--check", .help = "only check the lines", .takes_value = false}}};
}

}  // namespace stagedoor::tickets
