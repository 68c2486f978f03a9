#include "apps/describe/comments.hpp"

#include <fstream>
#include <regex>

#include "common/json/described.hpp"

namespace stagedoor::describe {
namespace {

// "until the `expires_at` that it had" → "until the `expiresAt` that it had"
std::string with_json_names(std::string_view text) {
    std::string out;
    bool in_name = false;
    for (auto rest = text; !rest.empty();) {
        auto part = rest.substr(0, rest.find('`'));
        out += in_name ? json::camel_case(part) : std::string{part};
        rest.remove_prefix(part.size());
        if (rest.empty()) break;
        out += '`';
        in_name = !in_name;
        rest.remove_prefix(1);
    }
    return out;
}

}  // namespace

std::map<std::string, std::string> event_comments(const std::filesystem::path& folder) {
    const std::regex comment_line{"// (.*)"}, struct_line{"struct .*"};
    const std::regex subject_line{R"re(.*string_view subject = "([a-z_.]+)".*)re"};
    std::map<std::string, std::string> comments;
    for (const auto& file : std::filesystem::directory_iterator{folder}) {
        if (file.path().extension() != ".hpp") continue;
        std::string comment, struct_comment, line;  // the preceding comment; the current struct's
        std::smatch found;
        for (std::ifstream lines{file.path()}; std::getline(lines, line);) {
            if (std::regex_match(line, found, comment_line)) {
                comment += (comment.empty() ? "" : " ") + found[1].str();
                continue;
            }
            if (std::regex_match(line, struct_line)) struct_comment = comment;
            if (std::regex_match(line, found, subject_line))
                comments[found[1]] = with_json_names(struct_comment);
            comment.clear();
        }
    }
    return comments;
}

}  // namespace stagedoor::describe
