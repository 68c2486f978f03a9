#include "testing/processes/marketplace.hpp"

#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace stagedoor::testing {

std::vector<std::string> errors_in(const std::string& log) {
    std::vector<std::string> found;
    std::istringstream lines{log};
    for (std::string line; std::getline(lines, line);) {
        auto is_error = line.find("Z error ") != std::string::npos;
        auto is_warning = line.find("Z warning ") != std::string::npos;  // anything else comes from a crash
        if (is_error || !is_warning) found.push_back(line);
    }
    return found;
}

std::vector<std::string> mails_in(const std::filesystem::path& folder, const std::string& address) {
    std::vector<std::string> found;
    std::error_code none_yet;
    for (const auto& file : std::filesystem::directory_iterator(folder, none_yet)) {
        if (file.path().extension() != ".eml") continue;
        auto mail = read_file(file.path());
        if (mail.find("To: <" + address + ">\r\n") != std::string::npos) found.push_back(std::move(mail));
    }
    return found;
}

bool is_distributed() {
    const auto* given = std::getenv("STAGEDOOR_SHAPE");
    std::string shape = given ? given : "one-process";
    if (shape != "one-process" && shape != "distributed")
        throw std::runtime_error("no such shape: " + shape + "; use one-process or distributed");
    return shape == "distributed";
}

std::unique_ptr<Marketplace> make_marketplace(Shape shape) {
    return is_distributed() ? make_distributed(std::move(shape)) : make_one_process(std::move(shape));
}

}  // namespace stagedoor::testing
