#include "testing/processes/marketplace.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <cstdlib>
#include <ranges>
#include <sstream>
#include <stdexcept>

namespace stagedoor::testing {

std::vector<std::string> errors_in(const std::string& log) {
    std::vector<std::string> found;
    std::istringstream lines{log};
    for (std::string line; std::getline(lines, line);) {
        auto is_error = line.find("Z error ") != std::string::npos;
        // Anything else comes from a crash.
        auto is_expected = line.contains("Z warning ") || line.contains("Z security ");
        if (is_error || !is_expected) found.push_back(line);
    }
    return found;
}

std::vector<std::string> mails_in(const std::filesystem::path& folder, const std::string& address) {
    std::vector<std::string> found;
    std::error_code none_yet;
    for (const auto& file : std::filesystem::directory_iterator(folder, none_yet)) {
        if (file.path().extension() != ".mbox") continue;
        auto entries = "\n" + read_file(file.path());
        boost::replace_all(entries, "\n", "\r\n");
        for (auto entry : std::views::split(entries, std::string_view{"\r\nFrom stagedoor "})) {
            std::string mail{std::string_view{entry}};
            if (mail.contains("To: <" + address + ">\r\n")) found.push_back(std::move(mail));
        }
    }
    return found;
}

namespace {

std::string shape_under_test() {
    const auto* given = std::getenv("STAGEDOOR_SHAPE");
    return given ? given : "one-process";
}

}  // namespace

bool is_one_process() { return shape_under_test() == "one-process"; }

bool is_short_run_on_nodes() { return shape_under_test() == "nodes" && !std::getenv("STAGEDOOR_TEST_LONG"); }

std::unique_ptr<Marketplace> make_marketplace(Shape shape) {
    auto name = shape_under_test();
    if (name == "one-process") return make_one_process(std::move(shape));
    if (name == "distributed") return make_distributed(std::move(shape));
    if (name == "nodes") return make_nodes(std::move(shape));
    throw std::runtime_error("no such shape: " + name + "; use one-process, distributed or nodes");
}

}  // namespace stagedoor::testing
